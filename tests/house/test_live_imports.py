"""The browser code's rooms: imports run one way, those inside functions and those of types included."""

from __future__ import annotations

import posixpath
import re
from functools import cache

import pytest

from tests.house.source import text, tracked

# From the top down; a module may import from its own room, where there is no circle, and from rooms below.
ROOMS = ("main.js", "views/", "controls/", "ui.js", "draw/", "stream/", "text/")
LIVE = "assets/live/"
MODULES = tuple(path.removeprefix(LIVE) for path in tracked() if path.startswith(LIVE) and path.endswith(".js"))
IMPORT = re.compile(r"""(?:\bfrom\s*|\bimport\s*\(?\s*)["'](?P<module>\.[^"'\s]+)["']""")


def room(module: str) -> int:
    """Where a module's room stands in the order."""
    return next(place for place, name in enumerate(ROOMS) if module.startswith(name))


@cache
def imported(module: str) -> frozenset[str]:
    """The modules that one imports: static, inside functions, for types."""
    found = IMPORT.finditer(text(LIVE + module))
    return frozenset(posixpath.normpath(posixpath.join(posixpath.dirname(module), m["module"])) for m in found)


@pytest.mark.parametrize(
    "line",
    ['import { a } from "./x.js";', 'import "./x.js"', 'await import("./x.js")', '/** @type {import("./x.js").T} */'],
)
def test_every_way_to_import_is_seen(line: str) -> None:
    found = IMPORT.search(line)
    assert found
    assert found["module"] == "./x.js"


@pytest.mark.parametrize("module", MODULES)
def test_imports_run_one_way(module: str) -> None:
    assert imported(module) <= set(MODULES)
    assert [other for other in sorted(imported(module)) if room(other) < room(module)] == []


def test_there_is_no_circle() -> None:
    assert sum(len(imported(module)) for module in MODULES) > 80
    left = {module: set(imported(module)) for module in MODULES}
    while free := {module for module, others in left.items() if not others}:
        left = {module: others - free for module, others in left.items() if module not in free}
    assert not left, f"a circle among {sorted(left)}"
