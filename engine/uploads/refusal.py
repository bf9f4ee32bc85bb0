"""What is said of a file that cannot be taken in."""

from __future__ import annotations

from engine.errors import InvalidExperiment, Received
from engine.message import NOTHING, Message


def refusal(expected: Message, received: Received, hint: Message = NOTHING) -> InvalidExperiment:
    """One sentence about the file."""
    return InvalidExperiment("file", expected, received, hint)
