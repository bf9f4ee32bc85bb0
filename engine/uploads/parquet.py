"""Parquet files, by pyarrow; the sizes in the footer are checked before anything is unpacked."""

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

LARGEST = 200 * 2**20  # bytes after unpacking
CELLS = LARGEST // 8  # numbers of float64


def read_parquet(name: str, raw: bytes, corrections: Corrections = NO_CORRECTIONS) -> ParsedUpload:
    """Read the table in a Parquet file. Raises: InvalidExperiment if it holds none."""
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
    columns = [
        convert_column(column_name, column)
        for column_name, column in zip(content.column_names, content.columns, strict=True)
    ]
    return build_table(name, content.column_names, columns, corrections, index=read_index(file.schema_arrow))


def read_index(schema: Any) -> list[str]:
    """Read which columns were the index of a pandas table, from what pandas writes into the file."""
    try:
        request = json.loads((schema.metadata or {}).get(b"pandas", b"{}"))["index_columns"]
        return [name for name in request if isinstance(name, str)]
    except (ValueError, KeyError, TypeError, RecursionError):
        return []


def expect_size(metadata: Any) -> None:
    """Refuse what would be too large. Raises: InvalidExperiment."""
    size = sum(metadata.row_group(position).total_byte_size for position in range(metadata.num_row_groups))
    if metadata.num_columns > COLUMNS:
        raise refusal(Message("{n} to {m} columns", n=2, m=COLUMNS), metadata.num_columns)
    if size > LARGEST or metadata.num_rows * metadata.num_columns > CELLS:
        raise refusal(Message("at most {n} bytes", n=LARGEST), Message("more"))


def convert_column(name: str, column: Any) -> pd.Series[Any]:
    """Convert a column as `to_series` does. Raises: InvalidExperiment if it holds what Python cannot say: a date after
    the year 9999, an unknown time zone, bytes that are no text."""
    try:
        return to_series(column)
    except MemoryError:
        raise
    except (pyarrow.ArrowException, ArithmeticError, LookupError, ValueError) as error:
        expected = Message("dates, times and words that can be read")
        raise refusal(expected, Message("another in column {name}", name=one_line(name, 40))) from error


def to_series(column: Any) -> pd.Series[Any]:
    """Convert a column to float64 where it holds numbers, else to words; missing values are NaN in both."""
    kind = column.type
    if pyarrow.types.is_dictionary(kind):
        return to_series(column.cast(kind.value_type))
    if pyarrow.types.is_integer(kind) or pyarrow.types.is_floating(kind) or pyarrow.types.is_decimal(kind):
        return pd.Series(column.cast(pyarrow.float64(), safe=False).to_pandas())
    if pyarrow.types.is_boolean(kind):
        return pd.Series([None if v is None else str(v).lower() for v in column.to_pylist()], dtype="str")
    return pd.Series([None if v is None else str(v) for v in column.to_pylist()], dtype="str")
