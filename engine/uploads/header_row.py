"""Header detection: whether the first row of a table names its columns."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from engine.uploads import number_format
from engine.uploads.column_roles import IDENTIFIERS, TARGETS
from engine.uploads.missing_values import MISSING
from engine.uploads.schema import MAX_LEVELS

SAMPLE = 1000  # rows
YEAR = re.compile("(1[89]|2[01])\\d\\d", re.ASCII)
VALUES = (
    "no",
    "y",
    "key",
    "code",
    "number",
    "nombre",
    "row",
    "rows",
    "record",
    "serial",
    "#",
)  # such words are values as well
KNOWN = frozenset((*TARGETS, *IDENTIFIERS)) - set(VALUES)


def has_header(first: Sequence[str], rest: Sequence[Sequence[str]]) -> tuple[bool, bool]:
    """Whether the first row names the columns, and whether that is in doubt.

    For it: words above columns of numbers, usual names of targets and identifiers, words that no later row has in a
    column of few words. Against it: a number that does not look like a name, a word that its column has again.
    """
    cells = [cell.strip() for cell in first]
    below = [[row[position].strip() for row in rest[:SAMPLE]] for position in range(len(cells))]
    if not rest:
        return False, False
    others = [
        row for row in rest[:SAMPLE] if [cell.strip() for cell in row] != cells
    ]  # files that were put together repeat their names
    numeric = [
        bool(number_format.find_common_notations({row[position] for row in others})) for position in range(len(cells))
    ]
    positions = range(len(cells))
    digits = [position for position in positions if number_format.is_number(cells[position])]
    words = [position for position in positions if position not in digits and cells[position].lower() not in MISSING]
    above = [position for position in words if numeric[position]]
    known = [position for position in words if cells[position].lower() in KNOWN]
    again = [position for position in words if not numeric[position] and cells[position] in set(below[position])]
    fresh = [
        position
        for position in words
        if not numeric[position] and position not in again and is_category(below[position])
    ]
    if again and not above:
        return False, False
    plain = [position for position in digits if not names_something(cells[position], position, below[position])]
    if digits and (counts_up(cells, digits) or has_equal_steps(cells, digits)):
        plain = []
    if not words:
        return judge_numeric_header(cells, digits, below)
    if plain:
        certain = len(above) + 2 * len(known) > len(plain)
        return certain, bool(above or known)
    return bool(above or known or fresh or not digits), bool(digits) and not (above or known)


def judge_numeric_header(
    cells: Sequence[str], digits: Sequence[int], below: Sequence[Sequence[str]]
) -> tuple[bool, bool]:
    """Judge a first row without any word: 0, 1, 2 … above fractions, or above anything if there are enough of them."""
    if not digits or len(cells) < 2:
        return False, False
    fractions = all(has_fractions(below[position]) for position in digits)
    whole = all(cells[position].isdigit() for position in digits)
    different = len({cells[position] for position in digits}) == len(digits)
    counted = counts_up(cells, digits)
    if whole and different and fractions:
        return True, True
    from_zero = counted and float(cells[digits[0]]) == 0 and len(digits) >= 4
    return from_zero, counted


def counts_up(cells: Sequence[str], digits: Sequence[int]) -> bool:
    """Whether these cells are 0, 1, 2 … or 1, 2, 3 …, three or more."""
    numbers = [cells[position] for position in digits]
    return len(digits) >= 3 and any(numbers == [str(start + n) for n in range(len(numbers))] for start in (0, 1))


def has_equal_steps(cells: Sequence[str], digits: Sequence[int]) -> bool:
    """Whether these cells go up by equal steps, five or more, as wavelengths and years do."""
    if len(digits) < 5:
        return False
    try:
        numbers = [float(cells[position]) for position in digits]
    except ValueError:
        return False
    steps = [after - before for before, after in itertools.pairwise(numbers)]
    return min(steps) > 0 and max(steps) - min(steps) < 1e-6 * max(map(abs, numbers))


def names_something(cell: str, position: int, below: Sequence[str]) -> bool:
    """Whether a whole number above a column looks like its name: it is its place, the column has fractions, or it is
    a year above other numbers."""
    if not cell.isdigit():
        return False
    year = bool(YEAR.fullmatch(cell)) and not any(map(YEAR.fullmatch, below))
    return int(cell) in (position, position + 1) or has_fractions(below) or year


def has_fractions(column: Sequence[str]) -> bool:
    """Whether most numbers of a column are written with a decimal sign."""
    present = [cell for cell in column if cell.lower() not in MISSING]
    return bool(present) and sum("." in cell or "," in cell for cell in present) > len(present) / 2


def is_category(column: Sequence[str]) -> bool:
    """Whether words come again and again in a column."""
    present = [cell for cell in column if cell.lower() not in MISSING]
    return 0 < len(set(present)) <= min(MAX_LEVELS, max(1, len(present) // 2))
