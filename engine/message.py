"""Messages to people: an English template and its values, so that the page that shows one can translate it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

MAX_CHARACTERS = 8_000  # of a message as JSON, in the store


class Term(NamedTuple):
    """A name that pages translate: `kind` is "layer", or the gettext context of a title, such as "part"."""

    kind: str
    name: str

    def __str__(self) -> str:
        return self.name


MessageValue: TypeAlias = "str | int | float | Term | Message | Sequence[str | Term | Message]"
"""Value of a placeholder. Text is a person's, or code, and is never translated; numbers and lists are formatted by
language."""


class Message:
    """A template `text` with {placeholders} and the `values` that fill them; a value may be a message, as a clause.

    `str(message)` is the English sentence.
    """

    __slots__ = ("text", "values")

    def __init__(self, text: str, /, **values: MessageValue) -> None:
        self.text = text
        self.values = values

    def __str__(self) -> str:
        return fill(self.text, {name: format_english(value) for name, value in self.values.items()})

    def __repr__(self) -> str:
        return f"Message({str(self)!r})"

    def __bool__(self) -> bool:
        return bool(self.text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Message) and self.plain() == other.plain()

    def __hash__(self) -> int:
        return hash((self.text, str(self)))

    def plain(self) -> dict[str, Any]:
        """The message as plain values for JSON."""
        return {"text": self.text, "values": {name: to_plain(value) for name, value in self.values.items()}}

    def dump(self) -> str:
        """The message as text for the store; "" for an empty one."""
        return json.dumps(self.plain()) if self else ""

    @classmethod
    def of(cls, raw: str | dict[str, Any]) -> Message:
        """The message from what `plain` returns. A text was stored by an older version and is shown as it is."""
        if isinstance(raw, str):
            return cls("{text}", text=raw) if raw else NOTHING
        return cls(str(raw["text"]), **{name: from_plain(value) for name, value in raw["values"].items()})

    @classmethod
    def load(cls, stored: str) -> Message:
        """The message from the store; text from an older version is shown as it is."""
        try:
            return cls.of(json.loads(stored) if stored.startswith('{"text": ') else stored)
        # an imported run may hold anything that begins like a message
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            return cls.of(stored)

    def pieces(self) -> Iterator[str]:
        """The template, and the templates of the messages among the values."""
        yield self.text
        for value in self.values.values():
            for each in value if isinstance(value, Sequence) and not isinstance(value, str | Term) else (value,):
                if isinstance(each, Message):
                    yield from each.pieces()


NOTHING = Message("")


def join_choices(choices: Sequence[str | Message]) -> Message:
    """The choices joined by "or"."""
    first, *more = choices
    return Message("{one} or {other}", one=first, other=join_choices(more)) if more else Message("{one}", one=first)


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its {placeholders} filled.

    Not by `str.format`: a template from an imported run could reach attributes with it, as in `{x.__class__}`.
    """
    return re.sub(r"\{(\w+)\}", lambda found: values.get(found[1], found[0]), text)


def format_english(value: MessageValue) -> str:
    """A value as English text."""
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, str | int | Term | Message):
        return str(value)
    return ", ".join(str(each) for each in value)


def to_plain(value: MessageValue) -> Any:
    """A value as plain values for JSON."""
    if isinstance(value, Message):
        return value.plain()
    if isinstance(value, Term):
        return {"term": value.kind, "name": value.name}
    if isinstance(value, float) and not math.isfinite(value):  # JSON has no word for it
        return str(value)
    return value if isinstance(value, str | int | float) else [to_plain(each) for each in value]


def from_plain(raw: Any) -> Any:
    """A value from what `to_plain` returns."""
    if isinstance(raw, list):
        return [from_plain(each) for each in raw]
    if isinstance(raw, dict):
        return Term(raw["term"], raw["name"]) if "term" in raw else Message.of(raw)
    return raw
