"""Names of runs, as people give them: one line of plain text."""

from __future__ import annotations

import unicodedata

LONGEST = 60  # characters
JOINERS = "\u200c\u200d"  # inside words of some scripts, and inside emoji
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Cn", "Zl", "Zp"})  # Unicode's controls, formats, surrogates, line breaks …


def clean(text: str) -> str:
    """Clean a name: one line, cut to 60 characters, without those that control how others are shown."""
    # NFC, so that a name looks and sorts the same however it was typed
    spaced = (" " if letter.isspace() else letter for letter in unicodedata.normalize("NFC", text))
    seen = (letter for letter in spaced if letter in JOINERS or unicodedata.category(letter) not in UNSEEN)
    return " ".join("".join(seen).split())[:LONGEST].strip()
