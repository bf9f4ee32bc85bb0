"""No module takes part in a circle of imports; those inside functions and for types only count too."""

from __future__ import annotations

from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter

import grimp
import pytest


def circle(imports: Mapping[str, set[str]]) -> list[str]:
    """One circle of modules, its first one at both ends; empty if there is none."""
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def python_imports() -> dict[str, set[str]]:
    """What each Python module imports, from wherever in its text."""
    graph = grimp.build_graph("engine", "pages", cache_dir=None)
    return {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}


def test_python_modules_import_in_no_circle() -> None:
    imports = python_imports()
    assert "engine.export.program.inliner" in imports["engine.export.program.method"]  # inside a room
    assert "engine.training.trainer" in imports["engine.jobs.checkpoint"]
    assert circle(imports) == []


@pytest.mark.parametrize("imports", [{"a": {"b"}, "b": {"c"}, "c": {"a"}}, {"a": {"a"}}])
def test_a_circle_is_found(imports: Mapping[str, set[str]]) -> None:
    assert circle(imports)
