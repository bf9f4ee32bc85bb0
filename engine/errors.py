"""The errors that a user can cause; everything else is a bug."""

from __future__ import annotations


class PlaygroundError(Exception):
    """Something asked for cannot be done; the message is one sentence for the person who asked."""


class InvalidExperiment(PlaygroundError):
    """A value that no experiment can have: where it stands, what was expected there and what was given."""

    def __init__(self, where: str, expected: str, received: str, hint: str = "") -> None:
        self.where = where
        self.expected = expected
        self.received = received
        self.hint = hint
        text = f"{where}: expected {expected}, received {received}"
        super().__init__(f"{text}; {hint}" if hint else text)


def shown(value: object, limit: int = 60) -> str:
    """`value` as a short piece of one line, for a message."""
    text = " ".join(repr(value).split())
    return text if len(text) <= limit else text[: limit - 1] + "…"
