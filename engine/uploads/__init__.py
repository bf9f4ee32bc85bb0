"""Uploads: a user's own data, parsed by a process with limits and stored as plain arrays.

`show(file)` reports how a file is read; `add(file)` stores it and returns the `data` of an experiment that trains on
it. Both take `Corrections` for what was inferred wrongly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.uploads.corrections import Corrections
    from engine.uploads.inspection import add, show

__all__ = ["Corrections", "add", "show"]
EXPORTS = {"Corrections": "corrections", "add": "inspection", "show": "inspection"}


def __getattr__(name: str) -> Any:
    """Import on first use: the sandbox that parses a file starts without pandas and pyarrow."""
    if name not in EXPORTS:
        raise AttributeError(name)
    from importlib import import_module

    return getattr(import_module(f"engine.uploads.{EXPORTS[name]}"), name)
