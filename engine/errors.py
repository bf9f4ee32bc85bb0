"""The errors that a user can cause; everything else is a bug."""

from __future__ import annotations

from typing import Any

from engine.message import NOTHING, Message, filling, plain


class PlaygroundError(Exception):
    """Something asked for cannot be done: one sentence for the person who asked."""

    def __init__(self, message: Message | str) -> None:
        self.message = Message.of(message) if isinstance(message, str) else message
        super().__init__(str(self.message))


class InvalidExperiment(PlaygroundError):
    """A value that no experiment can have: where it stands, what was expected there and what was given.

    `received` is a message, or what was given itself: a number, or a piece of text that nobody translates.
    """

    def __init__(
        self,
        where: str,
        expected: Message | str,
        received: Message | str | int | float,
        hint: Message | str = NOTHING,
    ) -> None:
        self.where = where
        self.expected = Message.of(expected) if isinstance(expected, str) else expected
        self.received = received
        self.hint = Message.of(hint) if isinstance(hint, str) else hint
        exact = repr(received) if isinstance(received, float) else received
        what = Message(
            "{where}: expected {expected}, received {received}", where=where, expected=self.expected, received=exact
        )
        super().__init__(Message("{sentence}; {hint}", sentence=what, hint=self.hint) if self.hint else what)

    def at(self, where: str) -> InvalidExperiment:
        """The same of another place."""
        return InvalidExperiment(where, self.expected, self.received, self.hint)

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "where": self.where,
            "expected": self.expected.plain(),
            "received": plain(self.received),
            "hint": self.hint.plain(),
        }

    @classmethod
    def of(cls, raw: dict[str, Any]) -> InvalidExperiment:
        """From JSON."""
        return cls(raw["where"], Message.of(raw["expected"]), filling(raw["received"]), Message.of(raw["hint"]))


def shown(value: object, limit: int = 60) -> str:
    """`value` as a short piece of one line, for a message."""
    text = " ".join(repr(value).split())
    return text if len(text) <= limit else text[: limit - 1] + "…"
