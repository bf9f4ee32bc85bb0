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
FAR = 3.0  # a code for a gap lies so many ranges of all other values away


def gap_words(words: Collection[str], numbers: bool, said: Collection[str] = ()) -> frozenset[str]:
    """The words, in small letters, that are gaps in a column of these words; `numbers`: all others are numbers."""
    found = MISSING
    if not numbers:
        found = found - set(NOTHING)
    if "+" in words:  # beside a plus, a minus is a word
        found = found - {"-"}
    return found | {word.strip().lower() for word in said}


def classes_among(words: Collection[str], said: Collection[str] = ()) -> list[str]:
    """The words that are gaps elsewhere and a class in a column of these words: "None", and where hardly another word
    is there also "missing" and the like. Never one that was said to be a gap."""
    gaps = {word.strip().lower() for word in said}
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
        """The cells of one column that are gaps, by what they say."""
        for word, count in words.items():
            if word.lower() in ERRORS:
                self.errors += count
                self.wrong[word] += count
            else:
                self.gaps += count
                self.words[word] += count

    def notes(self) -> list[UploadNote]:
        """What is to be said of them."""
        said = ", ".join(one_line(word, 20) for word, _n in self.words.most_common(6) if word)
        wrong = ", ".join(one_line(word, 20) for word, _n in self.wrong.most_common(3))
        found = [note("gaps", n=self.gaps, words=said) if said else note("empty", n=self.gaps)] if self.gaps else []
        return [*found, note("errors", n=self.errors, words=wrong)] if self.errors else found
