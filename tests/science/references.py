"""Which test calculates a part anew, without the engine: a part that no test covers fails by name."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TypeVar

Test = TypeVar("Test", bound=Callable[..., None])
COVERED: dict[str, set[str]] = {}


def covers(*parts: str) -> Callable[[Test], Test]:
    """Marks a test as the reference calculation of parts, each named `family.kind`."""

    def mark(test: Test) -> Test:
        for part in parts:
            COVERED.setdefault(part, set()).add(f"{test.__module__}.{test.__name__}")
        return test

    return mark


@cache
def covered() -> dict[str, set[str]]:
    """The tests that cover each part, from every module of this folder."""
    for file in sorted(Path(__file__).parent.glob("test_*.py")):
        importlib.import_module(f"tests.science.{file.stem}")
    return COVERED
