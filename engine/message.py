"""A message to a person: the English template and what fills it, so that whoever shows it can translate it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

LONGEST = 8_000
"""Characters of a message as JSON that may be stored."""


class Term(NamedTuple):
    """A name that each language has a word for: `kind` is "layer", or the context of a title, such as "part"."""

    kind: str
    name: str

    def __str__(self) -> str:
        return self.name


Filling: TypeAlias = "str | int | float | Term | Message | Sequence[str | Term | Message]"
"""Text is a person's own, or code: it is never translated. Numbers and lists are written as each language does."""


class Message:
    """`text` with {placeholders} and the values for them; a value may be a message itself, as a clause."""

    __slots__ = ("text", "values")

    def __init__(self, text: str, /, **values: Filling) -> None:
        self.text = text
        self.values = values

    def __str__(self) -> str:
        return fill(self.text, {name: english(value) for name, value in self.values.items()})

    def __repr__(self) -> str:
        return f"Message({str(self)!r})"

    def __bool__(self) -> bool:
        return bool(self.text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Message) and self.plain() == other.plain()

    def __hash__(self) -> int:
        return hash((self.text, str(self)))

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return {"text": self.text, "values": {name: plain(value) for name, value in self.values.items()}}

    def dump(self) -> str:
        """For a column of text; nothing stays nothing."""
        return json.dumps(self.plain()) if self else ""

    @classmethod
    def of(cls, raw: str | dict[str, Any]) -> Message:
        """From JSON. A text is a sentence that an older version stored: it is shown as it is."""
        if isinstance(raw, str):
            return cls("{text}", text=raw) if raw else NOTHING
        return cls(str(raw["text"]), **{name: filling(value) for name, value in raw["values"].items()})

    @classmethod
    def load(cls, stored: str) -> Message:
        """From a column of text; what was stored by an older version is shown as it is."""
        try:
            return cls.of(json.loads(stored) if stored.startswith('{"text": ') else stored)
        except (
            ValueError,
            LookupError,
            TypeError,
            AttributeError,
            RecursionError,
        ):  # a run from elsewhere may say this
            return cls.of(stored)

    def pieces(self) -> Iterator[str]:
        """Its own template and those inside, but for what an older version stored."""
        yield self.text
        for value in self.values.values():
            for each in value if isinstance(value, Sequence) and not isinstance(value, str | Term) else (value,):
                if isinstance(each, Message):
                    yield from each.pieces()


NOTHING = Message("")


def either(choices: Sequence[str | Message]) -> Message:
    """One or another of some."""
    first, *more = choices
    return Message("{one} or {other}", one=first, other=either(more)) if more else Message("{one}", one=first)


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its {placeholders} filled. Not `str.format`: what an archive brings must reach no attribute."""
    return re.sub(r"\{(\w+)\}", lambda found: values.get(found[1], found[0]), text)


def english(value: Filling) -> str:
    """What stands in a placeholder in English."""
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, str | int | Term | Message):
        return str(value)
    return ", ".join(str(each) for each in value)


def plain(value: Filling) -> Any:
    """A value for JSON."""
    if isinstance(value, Message):
        return value.plain()
    if isinstance(value, Term):
        return {"term": value.kind, "name": value.name}
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if isinstance(value, str | int | float) else [plain(each) for each in value]


def filling(raw: Any) -> Any:
    """A value from JSON."""
    if isinstance(raw, list):
        return [filling(each) for each in raw]
    if isinstance(raw, dict):
        return Term(raw["term"], raw["name"]) if "term" in raw else Message.of(raw)
    return raw
