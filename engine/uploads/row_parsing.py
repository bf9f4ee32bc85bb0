"""Rows of cells, from a text or a sheet, parsed into a table: title rows, column names, notes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from engine.message import Message
from engine.uploads import number_format
from engine.uploads.corrections import Corrections
from engine.uploads.header_row import has_header
from engine.uploads.missing_values import MISSING
from engine.uploads.notes import note
from engine.uploads.refusal import refusal
from engine.uploads.schema import UploadNote, one_line
from engine.uploads.table import COLUMNS, ParsedUpload, build_table

Row = tuple[int, list[str]]
"""In which line a row begins, and its cells."""
UNNAMED = "row names"
TITLES = 30  # rows above a table at most


@dataclass
class TableRows:
    """The rows of a table without what stands above it, its column names, and notes."""

    rows: list[Row]
    names: list[str] | None = None
    classes: tuple[str, ...] = ()
    notes: list[UploadNote] = field(default_factory=list)
    skipped: int = 0  # lines above it


def parse_rows(
    name: str, given: Iterable[Row], corrections: Corrections, notes: Sequence[UploadNote], facts: dict[str, Any]
) -> ParsedUpload:
    """Parse the table that some rows hold. `facts` go into its schema. Raises: InvalidExperiment."""
    found = TableRows([row for row in given if row[1][0].strip() or any(map(str.strip, row[1]))], notes=list(notes))
    if not found.rows:
        raise refusal(Message("a table"), Message("an empty file"))
    drop_title_rows(found, corrections)
    expect_even_rows(found)
    header = name_columns(found, corrections)
    columns = [list(column) for column in zip(*(row for _line, row in found.rows), strict=True)]
    names = found.names or [f"x{position + 1}" for position in range(len(columns))]
    remaining = [
        position for position, column in enumerate(columns) if names[position].strip() or any(map(str.strip, column))
    ]
    names, columns = [names[position] for position in remaining], [columns[position] for position in remaining]
    series = [pd.Series(column, dtype="str") for column in columns]
    extra_gaps = {word.strip().lower() for word in corrections.gaps}
    plain = number_format.normalize(series, facts.get("delimiter", ""), MISSING | extra_gaps, corrections.decimal)
    for position, (cell, value, other) in plain.doubtful.items():
        found.notes.append(note("thousands", name=one_line(names[position]), cell=cell, value=value, other=other))
    return build_table(
        name,
        names,
        name_classes(plain.columns, found.classes),
        corrections,
        found.notes,
        header=header,
        decimal=plain.decimal,
        first_row=corrections.first_row or found.skipped,
        **facts,
    )


def drop_title_rows(found: TableRows, corrections: Corrections) -> None:
    """Drop what stands above the table: lines of one cell or two where the table has many more."""
    widths = [len(row) for _line, row in found.rows[: 4 * TITLES]]
    usual = max(reversed(widths), key=widths.count)
    if corrections.first_row is None:
        while len(found.rows) > 1 and found.skipped < TITLES and is_title(found.rows[0][1], usual, found.rows[1:]):
            found.rows.pop(0)
            found.skipped += 1
        if found.skipped:
            found.notes.append(note("skipped", n=found.skipped))
            found.skipped = found.rows[0][0] - 1
    # scikit-learn's own files begin with a line of counts and class names: 150,4,setosa,versicolor,virginica
    first = [cell.strip() for cell in found.rows[0][1]]
    rest = len(found.rows) - 1
    if len(first) > 3 and corrections.header is None and first[0] == f"{rest}" and first[1].isdigit():
        features, classes = int(first[1]), first[2:]
        if features + 1 == usual and not any(map(number_format.is_number, classes)):
            found.rows.pop(0)
            found.classes = tuple(classes)
            found.notes.append(note("counts", names=one_line(", ".join(classes))))


def is_title(row: list[str], usual: int, below: Sequence[Row]) -> bool:
    """Whether a row has so few cells, none of them a number or a word that comes again below it, that it is no row of
    the table."""
    present = [cell.strip() for cell in row]
    while present and not present[-1]:
        present.pop()
    filled = [cell for cell in present if cell]
    short = len(present) < usual if usual > 2 else len(row) < usual
    if not short or len(filled) > max(1, usual // 3) or any(map(number_format.is_number, filled)):
        return False
    positions = [position for position, cell in enumerate(present) if cell]
    return not any(
        len(other) > position and other[position].strip() == present[position]
        for _line, other in below
        for position in positions
    )


def expect_even_rows(found: TableRows) -> None:
    """Refuse rows of different lengths. One cell more in all rows but the first is a name of the row, or nothing after
    a last separator. Raises: InvalidExperiment naming the first line that has more or fewer."""
    width = len(found.rows[0][1])
    rest = found.rows[1:]
    if rest and width > 1 and all(len(row) == width + 1 for _line, row in rest):
        if not any(row[-1].strip() for _line, row in rest):
            found.rows = [found.rows[0], *((line, row[:-1]) for line, row in rest)]
        elif not any(map(number_format.is_number, found.rows[0][1])):
            found.rows[0] = (found.rows[0][0], [UNNAMED, *found.rows[0][1]])
            width += 1
    for line, row in found.rows:
        if len(row) != width:
            raise refusal(
                Message("{n} columns in every line", n=width), Message("{n} in line {line}", n=len(row), line=line)
            )
    if not 2 <= width <= COLUMNS:
        raise refusal(Message("{n} to {m} columns", n=2, m=COLUMNS), width)


def name_columns(found: TableRows, corrections: Corrections) -> bool:
    """Take the column names out of the rows, wherever they are repeated too; returns whether there were any."""
    if found.names is not None:
        return True
    first = found.rows[0][1]
    if corrections.header is None and first[0] != UNNAMED:
        header, doubt = has_header(first, [row for _line, row in found.rows[1:]])
        header = header and not found.classes
        if doubt and not found.classes:
            found.notes.append(note("header" if header else "no_header"))
    else:
        header = first[0] == UNNAMED or bool(corrections.header)
    if not header:
        return False
    found.names = [cell.strip() for cell in first]
    start, stripped = found.names[0], found.names
    remaining = [
        each for each in found.rows[1:] if each[1][0].strip() != start or [cell.strip() for cell in each[1]] != stripped
    ]
    if len(remaining) < len(found.rows) - 1:
        found.notes.append(note("repeated", n=len(found.rows) - 1 - len(remaining)))
    found.rows = remaining
    return True


def name_classes(columns: list[pd.Series[str]], classes: tuple[str, ...]) -> list[pd.Series[str]]:
    """Put words for the class numbers in the last column, where the first line named the classes."""
    known = {str(position): word for position, word in enumerate(classes)}
    if not known or not columns[-1].str.strip().isin([*known, ""]).all():
        return columns
    return [*columns[:-1], columns[-1].str.strip().replace(known)]
