"""Overrides: single values of an experiment by path, as on the command line: `optimizer.lr=0.1`."""

from __future__ import annotations

import json
from typing import Any

from engine.errors import InvalidExperiment, abbreviate
from engine.message import Message


def apply_override(data: dict[str, Any], assignment: str) -> None:
    """Set `path=value` in an experiment's plain values; the value is JSON, or else text.

    Raises: InvalidExperiment naming the first step of the path that does not exist.
    """
    path, equals, text = assignment.partition("=")
    if not equals:
        raise InvalidExperiment("--set", Message("path=value"), abbreviate(assignment))
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = text
    node: Any = data
    steps = path.split(".")
    for depth, step in enumerate(steps):
        # `network.0.width`: a list is entered by index, and a dictionary may have a key that is a number.
        key = int(step) if isinstance(node, list) and step.isdecimal() else step
        known = key < len(node) if isinstance(key, int) else isinstance(node, dict) and key in node
        if not known:
            where = ".".join(["$", *steps[:depth]])
            raise InvalidExperiment(where, describe_next_step(node), abbreviate(step))
        if depth == len(steps) - 1:
            node[key] = value
        else:
            node = node[key]


def describe_next_step(node: Any) -> Message:
    if isinstance(node, dict):
        return Message("one of {choices}", choices=list(node))
    if isinstance(node, list) and node:
        return Message("one of {n} to {m}", n=0, m=len(node) - 1)
    return Message("nothing below it")
