"""Documents of earlier versions, brought to the newest one step at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Document = dict[str, Any]


def ensemble_from_regularizers(document: Document) -> Document:
    """1 → 2: bagging, one of the regularizers, becomes the experiment's ensemble. Edits name regularizers by their
    kind, so that those of old runs find what they mean."""
    rules = document.get("regularizers")
    if not isinstance(rules, list):
        return document
    found = [rule for rule in rules if isinstance(rule, dict) and rule.get("kind") == "bagging"]
    if len(found) != 1 or "ensemble" in document:
        return document
    return {**document, "regularizers": [rule for rule in rules if rule is not found[0]], "ensemble": found[0]}


MIGRATIONS: tuple[Callable[[Document], Document], ...] = (ensemble_from_regularizers,)
"""From each version to the next, the first one's first."""

VERSION = 1 + len(MIGRATIONS)


def migrate(document: Any) -> Any:
    """The document in the newest version; one that names no version may be of any, and keeps to name none.

    What cannot be understood is left as it is: validation tells where it is wrong.
    """
    if not isinstance(document, dict):
        return document
    named = document.get("version", 1)
    if type(named) is not int or not 1 <= named < VERSION:
        return document
    moved = dict(document)
    for step in MIGRATIONS[named - 1 :]:
        moved = step(moved)
    if "version" in document:
        moved["version"] = VERSION
    return moved if moved != document else document
