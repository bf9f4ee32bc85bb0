"""Migrations of the experiment document: one function from each version to the next."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Document = dict[str, Any]


def move_bagging_to_ensemble(document: Document) -> Document:
    """1 → 2: bagging, one of the regularizers, becomes the experiment's ensemble.

    Edits name regularizers by their kind and not by their index, so those of old runs keep their meaning.
    """
    rules = document.get("regularizers")
    if not isinstance(rules, list):
        return document
    bagging = [rule for rule in rules if isinstance(rule, dict) and rule.get("kind") == "bagging"]
    if len(bagging) != 1 or "ensemble" in document:
        return document
    return {**document, "regularizers": [rule for rule in rules if rule is not bagging[0]], "ensemble": bagging[0]}


MIGRATIONS: tuple[Callable[[Document], Document], ...] = (move_bagging_to_ensemble,)
"""From each version to the next, the first one's first."""

VERSION = 1 + len(MIGRATIONS)


def migrate(document: Any) -> Any:
    """The document in the newest version; one without a version may be of any, and stays without.

    What no migration understands is left as it is: validation says where it is wrong.
    """
    if not isinstance(document, dict):
        return document
    named = document.get("version", 1)
    if type(named) is not int or not 1 <= named < VERSION:  # True is an int too
        return document
    moved = dict(document)
    for step in MIGRATIONS[named - 1 :]:
        moved = step(moved)
    if "version" in document:
        moved["version"] = VERSION
    return moved if moved != document else document  # the caller keeps the text of a document that is the same
