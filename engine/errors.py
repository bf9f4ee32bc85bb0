"""Errors that a user can cause, each with a message to show; any other exception is a bug."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from engine.message import NOTHING, Message, from_plain, join_choices, to_plain


class PlaygroundError(Exception):
    """A request cannot be fulfilled; `message` is one sentence for the person who made it."""

    def __init__(self, message: Message) -> None:
        self.message = message
        super().__init__(str(message))


Received: TypeAlias = Message | str | int | float
"""The value received: a message, or the number or text itself, which is never translated."""


class InvalidExperiment(PlaygroundError):
    """A value is not valid in an experiment: its path `where`, what was `expected` there and what was `received`.

    `also` holds the other findings in the same document.
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
        # a message shows floats with four digits, with which 0.99999 would seem to be the bound that it misses
        exact = repr(received) if isinstance(received, float) else received
        sentence = Message(
            "{where}: expected {expected}, received {received}", where=where, expected=self.expected, received=exact
        )
        super().__init__(Message("{sentence}; {hint}", sentence=sentence, hint=self.hint) if self.hint else sentence)

    @property
    def findings(self) -> tuple[InvalidExperiment, ...]:
        """Every finding in the document, this one first."""
        return (self, *self.also)

    def relocate(self, where: str) -> InvalidExperiment:
        """The same finding under another path."""
        return InvalidExperiment(where, self.expected, self.received, self.hint)

    def plain(self) -> dict[str, Any]:
        """The error as plain values for JSON."""
        return {
            "where": self.where,
            "expected": self.expected.plain(),
            "received": to_plain(self.received),
            "hint": self.hint.plain(),
            "also": [other.plain() for other in self.also],
        }

    @classmethod
    def of(cls, raw: dict[str, Any]) -> InvalidExperiment:
        """The error from what `plain` returns."""
        hint = Message.of(raw["hint"])
        error = cls(raw["where"], Message.of(raw["expected"]), from_plain(raw["received"]), hint)
        error.also = tuple(map(cls.of, raw["also"]))
        return error


def explain_unreadable(path: str, reason: str | Message | None) -> PlaygroundError:
    """The error for a file that cannot be read, with the reason that the system gives."""
    return PlaygroundError(Message("{path} cannot be read: {reason}.", path=path, reason=reason or ""))


def suggest_names(near: Sequence[str]) -> Message:
    """A hint with names similar to the one received; `NOTHING` if there are none."""
    return Message("did you mean {name}?", name=join_choices([repr(name) for name in near])) if near else NOTHING


def abbreviate(value: object, limit: int = 60) -> str:
    """`repr(value)` on one line, cut to `limit` characters, for a message."""
    text = " ".join(repr(value).split())
    return text if len(text) <= limit else text[: limit - 1] + "…"
