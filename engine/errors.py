"""The errors that a user can cause; everything else is a bug."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from engine.message import NOTHING, Message, either, filling, plain


class PlaygroundError(Exception):
    """Something asked for cannot be done: one sentence for the person who asked."""

    def __init__(self, message: Message) -> None:
        self.message = message
        super().__init__(str(message))


Received: TypeAlias = Message | str | int | float
"""What was given: a message, or the thing itself, a number or a piece of text that nobody translates."""


class InvalidExperiment(PlaygroundError):
    """A value that no experiment can have: where it stands, what was expected there and what was given.

    Where more is wrong with the same document, `also` holds the rest.
    """

    def __init__(
        self,
        where: str,
        expected: Message,
        received: Received,
        hint: Message = NOTHING,
    ) -> None:
        self.where = where
        self.also: tuple[InvalidExperiment, ...] = ()
        self.expected = expected
        self.received = received
        self.hint = hint
        exact = repr(received) if isinstance(received, float) else received
        what = Message(
            "{where}: expected {expected}, received {received}", where=where, expected=self.expected, received=exact
        )
        super().__init__(Message("{sentence}; {hint}", sentence=what, hint=self.hint) if self.hint else what)

    @property
    def findings(self) -> tuple[InvalidExperiment, ...]:
        """Everything that is wrong with one document, this first."""
        return (self, *self.also)

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
            "also": [other.plain() for other in self.also],
        }

    @classmethod
    def of(cls, raw: dict[str, Any]) -> InvalidExperiment:
        """From JSON."""
        hint = Message.of(raw["hint"])
        found = cls(raw["where"], Message.of(raw["expected"]), filling(raw["received"]), hint)
        found.also = tuple(map(cls.of, raw["also"]))
        return found


def unreadable(path: str, reason: str | Message | None) -> PlaygroundError:
    """That a file cannot be read, and what the system says of it."""
    return PlaygroundError(Message("{path} cannot be read: {reason}.", path=path, reason=reason or ""))


def did_you_mean(near: Sequence[str]) -> Message:
    """A hint with the names that come near what was given; nothing if there are none."""
    return Message("did you mean {name}?", name=either([repr(name) for name in near])) if near else NOTHING


def shown(value: object, limit: int = 60) -> str:
    """`value` as a short piece of one line, for a message."""
    text = " ".join(repr(value).split())
    return text if len(text) <= limit else text[: limit - 1] + "…"
