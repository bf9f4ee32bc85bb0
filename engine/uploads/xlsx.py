"""Workbooks of Excel (.xlsx), by openpyxl: the first sheet that is shown, with the values that formulas had."""

from __future__ import annotations

import datetime
import io
import warnings
import zipfile
from collections.abc import Iterator
from typing import Any

from engine.message import Message
from engine.uploads.corrections import NO_CORRECTIONS, Corrections
from engine.uploads.notes import note
from engine.uploads.parquet import CELLS
from engine.uploads.refusal import refusal
from engine.uploads.row_parsing import Row, parse_rows
from engine.uploads.table import COLUMNS, ParsedUpload
from engine.uploads.zip_archive import DAMAGED, expect_bounds, is_user_file

EXPECTED = Message("a whole Excel workbook (.xlsx)")
HINT = Message("save the sheet as CSV")
FAULTS = (*DAMAGED, KeyError, TypeError, AttributeError, IndexError, SyntaxError, RecursionError)


def read_sheet(name: str, raw: bytes, corrections: Corrections = NO_CORRECTIONS) -> ParsedUpload:
    """Read the table on the first sheet. Raises: InvalidExperiment if there is none."""
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        infos = archive.infolist()
        expect_bounds([info for info in infos if is_user_file(info)], len(infos), len(raw))
    skipped = corrections.first_row or 0
    try:
        rows, called, count = find_first_sheet(raw)
    except FAULTS as error:
        raise refusal(EXPECTED, Message("a damaged one"), HINT) from error
    width = max((len(row) for _line, row in rows), default=0)
    padded = [(line, row + [""] * (width - len(row))) for line, row in rows if line > skipped]
    notes = [note("sheet", n=count, name=called)] if count > 1 else []
    return parse_rows(name, padded, corrections, notes, {})


def find_first_sheet(raw: bytes) -> tuple[list[Row], str, int]:
    """Read the rows of the first sheet that is shown, its name, and how many sheets there are."""
    from openpyxl import load_workbook

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl warns of every extension that it leaves out
        book = load_workbook(io.BytesIO(raw), read_only=True, data_only=True, keep_links=False)
        sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"] or book.worksheets
        sheets[0].reset_dimensions()  # the size that a sheet claims may be anything
        return list(format_rows(sheets[0].iter_rows(values_only=True))), str(sheets[0].title), len(book.worksheets)


def format_rows(sheet: Iterator[tuple[Any, ...]]) -> Iterator[Row]:
    """Format rows as words, without the empty cells at their ends. Raises: InvalidExperiment for too many cells."""
    cells = 0
    for line, values in enumerate(sheet, 1):
        row = [format_cell(value) for value in values]
        while row and not row[-1]:
            row.pop()
        if len(row) > COLUMNS:
            raise refusal(Message("{n} to {m} columns", n=2, m=COLUMNS), len(row))
        cells += len(row)
        if cells > CELLS:
            raise refusal(Message("at most {n} cells", n=CELLS), Message("more"))
        if row:
            yield line, row


def format_cell(value: Any) -> str:
    """Format a cell as a word; numbers as Python writes them."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ") if value.time() != datetime.time() else value.date().isoformat()
    return repr(value) if isinstance(value, float) else str(value).strip()
