"""Refusals of uploads: InvalidExperiment with the file as the place of the mistake."""

from __future__ import annotations

from engine.errors import InvalidExperiment, Received
from engine.message import NOTHING, Message


def refusal(expected: Message, received: Received, hint: Message = NOTHING) -> InvalidExperiment:
    return InvalidExperiment("file", expected, received, hint)
