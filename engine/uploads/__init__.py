"""Data of a person's own: taken in by a process with limits, kept as plain arrays, never read as anything else.

`show(file)` says what is understood of a file, `add(file)` keeps it and returns the `data` of an experiment that
learns from it. Both take `Corrections`, for what was understood wrongly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.uploads.corrections import Corrections
    from engine.uploads.inspection import add, show

__all__ = ["Corrections", "add", "show"]
PLACES = {"Corrections": "corrections", "add": "inspection", "show": "inspection"}


def __getattr__(name: str) -> Any:
    """The names above, once they are asked for: the process that reads a file needs few of the others."""
    if name not in PLACES:
        raise AttributeError(name)
    from importlib import import_module

    return getattr(import_module(f"engine.uploads.{PLACES[name]}"), name)
