"""Separators: which sign separates the columns of a text, and the rows that it gives."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Iterator
from contextlib import suppress

from engine.errors import InvalidExperiment
from engine.message import Message
from engine.uploads import number_format
from engine.uploads.missing_values import MISSING
from engine.uploads.refusal import refusal

SIGNS = ("\t", ";", "|", ",", " ")  # what is rarer within cells goes first
SAMPLE = 100  # lines
CELLS = 4000  # that are looked at for a sign
START = 1 << 18  # characters
QUOTED_OR_SPACE = re.compile(r'(?<![^ \t\r\n])"(?:[^"]|"")*"|[ \t]+')
EDGE = re.compile(r"\t*(\r\n|\n|\r)\t*")
SEVERAL = re.compile(r"[-+.\w]+([ \t]+[-+.\w]+)+")


def read_rows(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Read the rows of a text: the line in which each begins, and its cells. Lines without any sign are no rows.

    Raises: InvalidExperiment if a quote is opened and never closed.
    """
    csv.field_size_limit(max(len(text), 1 << 17))  # the limit is global, and refuses cells over 131 072 characters
    if separator == " ":
        text, separator = split_by_tabs(text), "\t"
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True)
    line, row = 1, [""]
    try:
        for row in reader:
            begin, line = line, reader.line_num + 1
            if len(row) > 1 or (row and row[0].strip()):
                yield begin, row
    except csv.Error as error:
        raise refusal(Message("a table"), Message("lines that cannot be cut into columns")) from error
    if row and "\n" in row[-1]:
        expect_closed("".join(itertools.islice(io.StringIO(text, newline=""), begin - 1, None)), separator)


def expect_closed(last: str, separator: str) -> None:
    """Refuse a last row that has swallowed the rest of the text, because its quote never closes. Raises:
    InvalidExperiment."""
    try:
        list(csv.reader(io.StringIO(last, newline=""), delimiter=separator, skipinitialspace=True, strict=True))
    except csv.Error as error:
        if "end of data" in str(error):
            raise refusal(Message("an end for every quote that begins"), Message("a quote without one")) from error


def split_by_tabs(text: str) -> str:
    """Put one tab where spaces and tabs separate the cells of a text."""
    whole = QUOTED_OR_SPACE.sub(lambda found: found[0] if found[0][0] == '"' else "\t", text)
    return EDGE.sub(r"\1", whole).strip("\t")


def infer_separator(text: str) -> str:
    """Infer the sign that cuts most rows into the same number of columns, more than one if any does, and leaves the
    fewest cells in which another sign separates something."""
    start = text[:START]
    found = {sign: score_separator(start, sign) for sign in SIGNS}
    best = max(SIGNS[:-1], key=lambda sign: found[sign])
    if found[best][0] == 0:
        return " " if found[" "][0] else best
    # words have spaces within: spaces that leave as much in each row that seems separated part nothing
    return " " if found[" "][0] > found[best][0] and found[" "][2] < found[best][2] else best


def score_separator(text: str, sign: str) -> tuple[float, int, float]:
    """Score how well a sign cuts the rows: the share of rows of the usual width times that of whole cells; then the
    width, and how many cells of a row are not whole."""
    rows = []
    with suppress(InvalidExperiment):  # the start of a text may end within quotes
        for _line, row in itertools.islice(read_rows(text, sign), SAMPLE + 1):
            rows.append(row)
    # the last row may be cut where the sample ends
    rows = rows[:-1] if len(rows) > SAMPLE or len(text) == START else rows
    if not rows:
        return 0.0, 0, 0.0
    widths = [len(row) for row in rows]
    usual = max(set(widths), key=widths.count)
    share = widths.count(usual) / len(widths)
    if usual == 1 or (sign == " " and share < 0.9):
        return 0.0, usual, 0.0
    cells = [cell.strip() for row in rows if len(row) == usual for cell in row][:CELLS]
    entire = sum(is_whole_cell(cell, sign) for cell in cells) / len(cells)
    return round(share * entire, 3), usual, round((1 - entire) * usual, 3)


def is_whole_cell(cell: str, separator: str) -> bool:
    """Whether nothing seems to be separated within a cell by another sign than its own, which stands in quotes: a
    number, a gap, or words without separating signs. A comma that a space follows is one of prose."""
    if cell.lower() in MISSING or number_format.is_number(cell):
        return True
    if any(sign in cell.replace(f"{sign} ", " ") for sign in SIGNS[:-1] if sign != separator):
        return False
    return not (SEVERAL.fullmatch(cell) and all(map(number_format.is_number, cell.split())))
