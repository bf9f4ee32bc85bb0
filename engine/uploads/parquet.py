"""Parquet files, by pyarrow; what the header promises is looked at before anything is unpacked."""

from __future__ import annotations

import io
import json
from typing import Any

import pandas as pd
import pyarrow
from pyarrow import parquet

from engine.message import Message
from engine.uploads.corrections import NO_CORRECTIONS, Corrections
from engine.uploads.refusal import refusal
from engine.uploads.schema import one_line
from engine.uploads.table import COLUMNS, ParsedUpload, build_table

LARGEST = 200 * 2**20
CELLS = LARGEST // 8


def read_parquet(name: str, raw: bytes, corrections: Corrections = NO_CORRECTIONS) -> ParsedUpload:
    """The table in a Parquet file. Raises: InvalidExperiment if it holds none."""
    try:
        file = parquet.ParquetFile(io.BytesIO(raw))
        expect_size(file.metadata)
        nested = [str(field.name) for field in file.schema_arrow if pyarrow.types.is_nested(field.type)]
        if nested:
            raise refusal(
                Message("columns of single values"), Message("lists or records in column {name}", name=nested[0][:40])
            )
        content = file.read(use_threads=False)
    except MemoryError:  # also arrow's own, which is an ArrowException as well
        raise
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise refusal(Message("a whole Parquet file"), Message("a damaged one")) from error
    columns = [readable(own, column) for own, column in zip(content.column_names, content.columns, strict=True)]
    return build_table(name, content.column_names, columns, corrections, index=index_of(file.schema_arrow))


def index_of(schema: Any) -> list[str]:
    """The columns that were the index of a pandas table."""
    try:
        request = json.loads((schema.metadata or {}).get(b"pandas", b"{}"))["index_columns"]
        return [name for name in request if isinstance(name, str)]
    except (ValueError, KeyError, TypeError, RecursionError):
        return []


def expect_size(about: Any) -> None:
    """Refuses what would be too large."""
    size = sum(about.row_group(position).total_byte_size for position in range(about.num_row_groups))
    if about.num_columns > COLUMNS:
        raise refusal(Message("{n} to {m} columns", n=2, m=COLUMNS), about.num_columns)
    if size > LARGEST or about.num_rows * about.num_columns > CELLS:
        raise refusal(Message("at most {n} bytes", n=LARGEST), Message("more"))


def readable(name: str, column: Any) -> pd.Series[Any]:
    """A column as `series` gives it. Raises: InvalidExperiment if it holds what Python has no words for: a date after
    the year 9999, an unknown time zone, bytes that are no text."""
    try:
        return series(column)
    except MemoryError:
        raise
    except (pyarrow.ArrowException, ArithmeticError, LookupError, ValueError) as error:
        expected = Message("dates, times and words that can be read")
        raise refusal(expected, Message("another in column {name}", name=one_line(name, 40))) from error


def series(column: Any) -> pd.Series[Any]:
    """A column as numbers where it holds numbers, else as words."""
    kind = column.type
    if pyarrow.types.is_dictionary(kind):
        return series(column.cast(kind.value_type))
    if pyarrow.types.is_integer(kind) or pyarrow.types.is_floating(kind) or pyarrow.types.is_decimal(kind):
        return pd.Series(column.cast(pyarrow.float64(), safe=False).to_pandas())
    if pyarrow.types.is_boolean(kind):
        return pd.Series([None if v is None else str(v).lower() for v in column.to_pylist()], dtype="str")
    return pd.Series([None if v is None else str(v) for v in column.to_pylist()], dtype="str")
