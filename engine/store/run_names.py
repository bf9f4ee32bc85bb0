"""Names that people give to their runs: one line of plain text."""

from __future__ import annotations

import unicodedata

LONGEST = 60
JOINERS = "\u200c\u200d"  # inside words of some scripts, and inside emoji
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Cn", "Zl", "Zp"})


def clean(text: str) -> str:
    """The text on one line, without characters that control how others are shown, cut to 60."""
    spaced = (" " if letter.isspace() else letter for letter in unicodedata.normalize("NFC", text))
    seen = (letter for letter in spaced if letter in JOINERS or unicodedata.category(letter) not in UNSEEN)
    return " ".join("".join(seen).split())[:LONGEST].strip()
