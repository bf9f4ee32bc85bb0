"""Whether the first row of a table names its columns."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from engine.uploads import number_format
from engine.uploads.column_roles import IDENTIFIERS, TARGETS
from engine.uploads.missing_values import MISSING
from engine.uploads.schema import LEVELS

SAMPLE = 1000  # rows
YEAR = re.compile("(1[89]|2[01])\\d\\d", re.ASCII)
VALUES = ("no", "y", "key", "code", "number", "nombre", "row", "rows", "record", "serial", "#")  # cells say that too
KNOWN = frozenset((*TARGETS, *IDENTIFIERS)) - set(VALUES)


def has_header(first: Sequence[str], rest: Sequence[Sequence[str]]) -> tuple[bool, bool]:
    """Whether the first row names the columns, and whether that is in doubt.

    For it: words above columns of numbers, usual names of targets and identifiers, words that no later row has in a
    column of few words. Against it: a number that does not look like a name, a word that its column has again.
    """
    cells = [cell.strip() for cell in first]
    below = [[row[place].strip() for row in rest[:SAMPLE]] for place in range(len(cells))]
    if not rest:
        return False, False
    others = [row for row in rest[:SAMPLE] if [cell.strip() for cell in row] != cells]  # names may come again
    numeric = [bool(number_format.fits({row[place] for row in others})) for place in range(len(cells))]
    places = range(len(cells))
    digits = [place for place in places if number_format.is_number(cells[place])]
    words = [place for place in places if place not in digits and cells[place].lower() not in MISSING]
    above = [place for place in words if numeric[place]]
    known = [place for place in words if cells[place].lower() in KNOWN]
    again = [place for place in words if not numeric[place] and cells[place] in set(below[place])]
    fresh = [place for place in words if not numeric[place] and place not in again and is_category(below[place])]
    if again and not above:
        return False, False
    plain = [place for place in digits if not names_something(cells[place], place, below[place])]
    if digits and (counts_up(cells, digits) or evenly(cells, digits)):
        plain = []
    if not words:
        return unnamed(cells, digits, below)
    if plain:
        certain = len(above) + 2 * len(known) > len(plain)
        return certain, bool(above or known)
    return bool(above or known or fresh or not digits), bool(digits) and not (above or known)


def unnamed(cells: Sequence[str], digits: Sequence[int], below: Sequence[Sequence[str]]) -> tuple[bool, bool]:
    """The same for a first row without any word: 0, 1, 2 … above fractions, or above anything if there are enough."""
    if not digits or len(cells) < 2:
        return False, False
    fractions = all(has_fractions(below[place]) for place in digits)
    whole = all(cells[place].isdigit() for place in digits)
    different = len({cells[place] for place in digits}) == len(digits)
    counted = counts_up(cells, digits)
    if whole and different and fractions:
        return True, True
    from_zero = counted and float(cells[digits[0]]) == 0 and len(digits) >= 4
    return from_zero, counted


def counts_up(cells: Sequence[str], digits: Sequence[int]) -> bool:
    """Whether these cells are 0, 1, 2 … or 1, 2, 3 …, three or more."""
    numbers = [cells[place] for place in digits]
    return len(digits) >= 3 and any(numbers == [str(start + n) for n in range(len(numbers))] for start in (0, 1))


def evenly(cells: Sequence[str], digits: Sequence[int]) -> bool:
    """Whether these cells go up by equal steps, five or more, as wavelengths and years do."""
    if len(digits) < 5:
        return False
    try:
        numbers = [float(cells[place]) for place in digits]
    except ValueError:
        return False
    steps = [after - before for before, after in itertools.pairwise(numbers)]
    return min(steps) > 0 and max(steps) - min(steps) < 1e-6 * max(map(abs, numbers))


def names_something(cell: str, place: int, below: Sequence[str]) -> bool:
    """Whether a whole number above a column looks like its name: it is its place, the column has fractions, or it is
    a year above other numbers."""
    if not cell.isdigit():
        return False
    year = bool(YEAR.fullmatch(cell)) and not any(map(YEAR.fullmatch, below))
    return int(cell) in (place, place + 1) or has_fractions(below) or year


def has_fractions(column: Sequence[str]) -> bool:
    """Whether most numbers of a column are written with a decimal sign."""
    there = [cell for cell in column if cell.lower() not in MISSING]
    return bool(there) and sum("." in cell or "," in cell for cell in there) > len(there) / 2


def is_category(column: Sequence[str]) -> bool:
    """Whether words come again and again in a column."""
    there = [cell for cell in column if cell.lower() not in MISSING]
    return 0 < len(set(there)) <= min(LEVELS, max(1, len(there) // 2))
