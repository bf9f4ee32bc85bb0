"""A sentence that a page can translate: the English template and what fills it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

Fill = str | int | float


class Said:
    """`text` with {placeholders} and the values for them; numbers stay numbers, so that each language writes its own.

    A value may be such a sentence itself.
    """

    def __init__(self, text: str, **values: Fill | Said) -> None:
        self.text = text
        self.values = values

    def __str__(self) -> str:
        shown = {k: f"{v:.4g}" if isinstance(v, float) else str(v) for k, v in self.values.items()}
        return self.text.format(**shown)

    def __bool__(self) -> bool:
        return bool(self.text)

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        values = {k: v.plain() if isinstance(v, Said) else v for k, v in self.values.items()}
        values = {k: str(v) if isinstance(v, float) and not math.isfinite(v) else v for k, v in values.items()}
        return {"text": self.text, "values": values}

    @classmethod
    def of(cls, plain: dict[str, Any]) -> Said:
        """From JSON."""
        values = {k: cls.of(v) if isinstance(v, dict) else v for k, v in plain["values"].items()}
        return cls(plain["text"], **values)

    def pieces(self) -> Iterator[str]:
        """Its own template and those inside."""
        yield self.text
        for value in self.values.values():
            if isinstance(value, Said):
                yield from value.pieces()


NOTHING = Said("")
