"""Number formats: how the numbers of a column are written, with decimal sign, thousands and minus."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from engine.uploads.missing_values import MISSING

Notations = dict[str, str]
"""The decimal signs that all numbers of a column can have, each with what then stands between thousands, if any."""

SIGNS = str.maketrans({"\u2212": "-", "\u00a0": " ", "\u2009": " ", "\u202f": " "})  # minus, spaces of other widths


def compile_pattern(decimal: str, group: str) -> re.Pattern[str]:
    """Compile the pattern of a number with this decimal sign and, where there is a sign between thousands, with one in
    every number that is long enough for it."""
    d, g = re.escape(decimal), re.escape(group)
    whole = rf"(\d+{d}?\d*|{d}\d+)([eE][+-]?\d+)?|inf(inity)?"
    grouped = rf"([1-9]\d{{0,2}}({g}\d{{3}})+|\d{{1,3}})({d}\d*)?"
    return re.compile(rf"[+-]?({grouped if group else whole})", re.IGNORECASE | re.ASCII)


PATTERNS = {
    (decimal, group): compile_pattern(decimal, group) for decimal, other in (".,", ",.") for group in ("", other, " ")
}


def is_number(cell: str) -> bool:
    """Whether a cell is a number in any notation."""
    cell = cell.translate(SIGNS)
    return any(written.fullmatch(cell) for written in PATTERNS.values())


def find_common_notations(words: Iterable[str], gaps: Collection[str] = MISSING, only: str | None = None) -> Notations:
    """Find the notations that all words have in common; none where one of them is no number. `only`: the one decimal
    sign that there may be."""
    cells = {word.translate(SIGNS).strip() for word in words}
    numbers = {cell for cell in cells if cell.lower() not in gaps}
    found: Notations = {}
    for (decimal, group), written in PATTERNS.items():
        if only in (None, decimal) and numbers and decimal not in found and all(map(written.fullmatch, numbers)):
            found[decimal] = group
    return found


def choose_decimal_signs(columns: Sequence[Notations], delimiter: str) -> tuple[list[str], list[int]]:
    """Choose each column's decimal sign, "" where it has none; and list the columns that could be read in two ways.

    1.234 and 1,234 alone may be thousands: then the sign counts that the other columns leave no doubt of. Without any
    a lone sign is a decimal one, except that cells with a comma between cells that commas separate are thousands.
    """
    sure = {decimal for notations in columns if len(notations) == 1 for decimal in notations}
    usual = sure.pop() if len(sure) == 1 else ""
    found, doubtful = [], []
    for position, notations in enumerate(columns):
        if len(notations) < 2 or len(set(notations.values())) == 1:  # one way, none, or whole numbers
            found.append(next(iter(notations)) if len(notations) == 1 else "")
        else:
            lone = "." if delimiter == "," or not notations["."] else ","
            found.append(usual or lone)
            doubtful += [] if usual else [position]
    return found, doubtful


@dataclass(frozen=True)
class NormalizedColumns:
    """Columns with numbers as Python writes them, their decimal sign ("" where columns differ), and the columns that
    could be read in another way as well: by place, a cell and its two readings."""

    columns: list[pd.Series[str]]
    decimal: str
    doubtful: dict[int, tuple[str, str, str]]


def normalize(
    columns: Sequence[pd.Series[str]], delimiter: str, gaps: Collection[str], only: str | None = None
) -> NormalizedColumns:
    """The columns with numbers as Python writes them. `gaps` are no numbers; `only` as in `common_notations`."""
    notations = [find_common_notations(column.unique(), gaps, only) for column in columns]
    signs, doubtful = choose_decimal_signs(notations, delimiter)
    used = set(filter(None, signs))
    found = [normalize_column(*one) for one in zip(columns, notations, signs, strict=True)]
    decimal = only or ("" if len(used) == 2 else "," if used == {","} else ".")
    doubts = {position: show_readings(columns[position], notations[position], signs[position]) for position in doubtful}
    return NormalizedColumns(found, decimal, doubts)


def show_readings(column: pd.Series[str], notations: Notations, decimal: str) -> tuple[str, str, str]:
    """Show a cell that can be read in two ways, as it is read, and as it could be."""
    cell = next(word for word in column if any(sign in word for sign in ".,"))
    read, other = (
        normalize_column(pd.Series([cell]), notations, sign).iloc[0] for sign in (decimal, ".,".replace(decimal, ""))
    )
    return cell, str(read), str(other)


def normalize_column(column: pd.Series[str], notations: Notations, decimal: str) -> pd.Series[str]:
    """Write the numbers of a column as Python does; words stay as they are."""
    if not notations:
        return column
    group = notations[decimal or next(iter(notations))]
    column = column.str.translate(SIGNS).str.strip()
    column = column.str.replace(group, "", regex=False) if group else column
    return column.str.replace(",", ".", regex=False) if decimal == "," else column
