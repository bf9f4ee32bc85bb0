"""What is said of a file that cannot be taken in."""

from __future__ import annotations

from engine.errors import InvalidExperiment


def refusal(expected: str, received: str, hint: str = "") -> InvalidExperiment:
    """One sentence about the file."""
    return InvalidExperiment("file", expected, received, hint)
