"""Text with one row a line: encoding, separator, decimal sign and header are found out."""

from __future__ import annotations

import csv
import io
import re

import pandas as pd

from engine.own import numerals
from engine.own.corrections import ENCODINGS, NOTHING, Corrections
from engine.own.refusal import refusal
from engine.own.table import COLUMNS, MISSING, Found, table

SEPARATORS = (",", ";", "\t", "|")
SAMPLE = 50  # lines
CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f]")


def read_delimited(name: str, raw: bytes, corrections: Corrections = NOTHING) -> Found:
    """The table in a text file. Raises: InvalidExperiment if it holds none."""
    text, encoding = decoded(raw, corrections.encoding)
    text = "".join(text.splitlines(keepends=True)[corrections.first_row or 0 :])
    lines = [line for line in text[: 1 << 18].splitlines() if line.strip()][:SAMPLE]
    if not lines:
        raise refusal("a table", "an empty file")
    delimiter = corrections.separator or separator(lines)
    sample = split(lines, delimiter)
    if len(sample[0]) > COLUMNS:
        raise refusal(f"2 to {COLUMNS} columns", f"{len(sample[0])}")
    expect_even(text, delimiter)
    frame = parsed(text, delimiter)
    header = has_header(sample) if corrections.header is None else corrections.header
    names = [str(cell) for cell in frame.iloc[0].fillna("")] if header else [f"x{n + 1}" for n in range(frame.shape[1])]
    body = frame.iloc[1:] if header else frame
    columns, decimal = numerals.plain([body[place].fillna("") for place in frame.columns], delimiter)
    facts = {"delimiter": delimiter, "decimal": decimal, "encoding": encoding, "header": header}
    return table(name, names, columns, corrections, **facts, first_row=corrections.first_row or 0)


def decoded(raw: bytes, said: str | None = None) -> tuple[str, str]:
    """The text and how it was encoded: UTF-8, UTF-16 with its mark, else Windows-1252, which Latin-1 is a part of."""
    expected = f"text in {said}" if said else "text in UTF-8, UTF-16 or Windows-1252"
    marked = raw[:2] in (b"\xff\xfe", b"\xfe\xff")
    for label in (said,) if said else ("UTF-16",) if marked else ("UTF-8", "Windows-1252"):
        try:
            text = raw.decode(ENCODINGS[label])
        except UnicodeError:
            continue
        if CONTROL.search(text):
            raise refusal(expected, "other bytes")
        return text, label
    raise refusal(expected, "other bytes")


def split(lines: list[str], delimiter: str) -> list[list[str]]:
    """The cells of some lines."""
    try:
        return list(csv.reader(lines, delimiter=delimiter, skipinitialspace=True))
    except csv.Error as error:
        raise refusal("a table", "lines that cannot be cut into columns") from error


def separator(lines: list[str]) -> str:
    """The sign that cuts most lines into the same number of columns, more than one if any does."""

    def agreement(delimiter: str) -> tuple[float, int]:
        widths = [len(row) for row in split(lines, delimiter)]
        usual = max(set(widths), key=widths.count)
        return (widths.count(usual) / len(widths) if usual > 1 else 0.0), usual

    # a line such as 1,5;2,5 is cut by its commas just as evenly: what is rarer in numbers goes first
    return max((";", "\t", "|", ","), key=agreement)


def has_header(sample: list[list[str]]) -> bool:
    """Whether the first line names the columns: it holds no number, and no word that comes again in its column."""
    first, rest = [cell.strip() for cell in sample[0]], sample[1:]
    if any(numerals.fits([cell]) for cell in first):
        return False
    below = [{row[place].strip() for row in rest if place < len(row)} for place in range(len(first))]
    words = [(cell, seen) for cell, seen in zip(first, below, strict=True) if cell.lower() not in MISSING]
    return not any(cell in seen for cell, seen in words)


def expect_even(text: str, delimiter: str) -> None:
    """Refuses lines that have more or fewer cells than the first; empty ones do not count."""
    csv.field_size_limit(max(len(text), 1 << 17))
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    width, line = 0, 1
    try:
        for row in rows:
            if len(row) > 1 or any(map(str.strip, row)):
                width = width or len(row)
                if len(row) != width:
                    raise refusal(f"{width} columns in every line", f"{len(row)} in line {line}")
            line = rows.line_num + 1
    except csv.Error as error:
        raise refusal("a table", "lines that cannot be cut into columns") from error


def parsed(text: str, delimiter: str) -> pd.DataFrame:
    """Every line's cells as words."""
    try:
        return pd.read_csv(
            io.StringIO(text),
            sep=delimiter,
            header=None,
            dtype=str,
            na_filter=False,
            skipinitialspace=True,
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
        raise refusal("a table", "lines that cannot be cut into columns") from error
