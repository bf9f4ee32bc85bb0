"""Overrides: single values of an experiment by path, as on the command line: `optimizer.lr=0.1`."""

from __future__ import annotations

import json
from typing import Any

from engine.errors import InvalidExperiment, shown
from engine.message import Message


def apply_override(data: dict[str, Any], assignment: str) -> None:
    """Applies `path=value` to an experiment's plain values; the value is JSON, or else text."""
    path, equals, text = assignment.partition("=")
    if not equals:
        raise InvalidExperiment("--set", Message("path=value"), shown(assignment))
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = text
    place: Any = data
    steps = path.split(".")
    for depth, step in enumerate(steps):
        key = int(step) if isinstance(place, list) and step.isdecimal() else step
        known = key < len(place) if isinstance(key, int) else isinstance(place, dict) and key in place
        if not known:
            where = ".".join(["$", *steps[:depth]])
            raise InvalidExperiment(where, expected_next(place), shown(step))
        if depth == len(steps) - 1:
            place[key] = value
        else:
            place = place[key]


def expected_next(place: Any) -> Message:
    if isinstance(place, dict):
        return Message("one of {choices}", choices=list(place))
    if isinstance(place, list) and place:
        return Message("one of {n} to {m}", n=0, m=len(place) - 1)
    return Message("nothing below it")
