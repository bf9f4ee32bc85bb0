"""Missing values: which words stand for a gap, and which of those are a class after all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping

from engine.uploads.notes import note
from engine.uploads.schema import UploadNote, one_line

BLANK = ("", "-", "--", "---", ".", "..", "...", "?", "*")
NAMED = ("na", "n/a", "n.a.", "n.a", "<na>", "nan", "nat", "null", "(null)", "missing", "(missing)", "nil", "#n/a n/a")
NOTHING = ("none",)
"""A gap among numbers, but a class among words: whoever sleeps well has the disorder "None"."""
ERRORS = frozenset(
    (
        *("#n/a", "#na", "#div/0!", "#value!", "#ref!", "#name?", "#num!", "#null!", "#error!", "#getting_data"),
        *("#spill!", "#calc!", "#field!", "#blocked!", "#unknown!", "#connect!", "#busy!", "err:502", "err:504"),
        *("#¡div/0!", "#¡valor!", "#¡ref!", "#¿nombre?", "#¡num!", "#¡nulo!", "#n/d", "#nv", "#wert!", "#bezug!"),
    )
)
"""What spreadsheets write where they cannot compute, in English, Spanish and German."""
MISSING = frozenset((*BLANK, *NAMED, *NOTHING, *ERRORS))
CODES = tuple(sign * int("9" * n) for n in (2, 3, 4, 5) for sign in (1, -1))
"""Numbers such as −999 by which instruments and surveys mark a gap; they are noted, never taken for one."""
FAR = 3.0  # a code for a gap lies so many ranges of all other values away


def find_gap_words(words: Collection[str], numbers: bool, extra: Collection[str] = ()) -> frozenset[str]:
    """Find the words, in lower case, that are gaps in a column of these words; `numbers`: all others are numbers.

    `extra`: further words for a gap.
    """
    found = MISSING
    if not numbers:
        found = found - set(NOTHING)
    if "+" in words:  # beside a plus, a minus is a word
        found = found - {"-"}
    return found | {word.strip().lower() for word in extra}


def find_classes(words: Collection[str], extra: Collection[str] = ()) -> list[str]:
    """Find the words that are gaps elsewhere and a class in a column of these words: "None", and where there is hardly
    another word also "missing" and the like; never one of the `extra` words for a gap."""
    gaps = {word.strip().lower() for word in extra}
    others = [word for word in words if word.lower() not in MISSING | gaps]
    doubtful = NOTHING if len(others) > 1 else (*NOTHING, "missing", "(missing)", "null", "nil")
    return sorted(word for word in words if word.lower() in doubtful and word.lower() not in gaps)


class GapCounter:
    """Counts the gaps of a file and how they were written."""

    def __init__(self) -> None:
        self.gaps = 0
        self.errors = 0
        self.words: Counter[str] = Counter()
        self.wrong: Counter[str] = Counter()

    def add(self, words: Mapping[str, int]) -> None:
        """Add the gaps of one column: how often each word for one occurs."""
        for word, count in words.items():
            if word.lower() in ERRORS:
                self.errors += count
                self.wrong[word] += count
            else:
                self.gaps += count
                self.words[word] += count

    def notes(self) -> list[UploadNote]:
        """Word the notes on all gaps."""
        words = ", ".join(one_line(word, 20) for word, _n in self.words.most_common(6) if word)
        wrong = ", ".join(one_line(word, 20) for word, _n in self.wrong.most_common(3))
        found = [note("gaps", n=self.gaps, words=words) if words else note("empty", n=self.gaps)] if self.gaps else []
        return [*found, note("errors", n=self.errors, words=wrong)] if self.errors else found
