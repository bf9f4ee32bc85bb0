"""Tables: columns of words or numbers become a schema and arrays."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd

from engine.message import Message
from engine.uploads.column_roles import assign_roles
from engine.uploads.corrections import NO_CORRECTIONS, Corrections
from engine.uploads.missing_values import CODES, FAR, GapCounter, find_classes, find_gap_words
from engine.uploads.notes import note
from engine.uploads.refusal import refusal
from engine.uploads.schema import MAX_LEVELS, MIN_EXAMPLES, Column, UploadNote, UploadSchema, one_line

Arrays = dict[str, np.ndarray]
ParsedUpload = tuple[UploadSchema, Arrays]
COLUMNS = 1024  # of a table at most
HUGE = 1e150  # squares have to fit into float64 as well; preprocessing has to make them fit for float32
HEAD = 8  # rows that are shown of a table's beginning and end
NUMBER = re.compile(r"[+-]?((\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|inf(inity)?)", re.IGNORECASE | re.ASCII)


def build_table(
    name: str,
    names: Sequence[str],
    columns: Sequence[pd.Series[Any]],
    corrections: Corrections = NO_CORRECTIONS,
    notes: Sequence[UploadNote] = (),
    index: Sequence[str] = (),
    **facts: Any,
) -> ParsedUpload:
    """Build schema and arrays of a table.

    `columns` are (rows,) each; `index`: the columns that were the index where the file was written. Arrays: `values`
    (rows, numeric columns) float64, missing NaN; `codes` (rows, categorical columns) int32, missing −1. Raises:
    InvalidExperiment for a table that nothing can be learned from.
    """
    names, noticed, gap_counter = name_columns(names), list(notes), GapCounter()
    expect_table(names, len(columns[0]))
    rows = len(columns[0])
    found, values, codes, missing_masks = [], [], [], []
    for column_name, column in zip(names, columns, strict=True):
        parsed, array = parse_column(column_name, column, noticed, gap_counter, corrections.gaps)
        found.append(parsed)
        missing_masks.append(np.isnan(array) if parsed.sort == "number" else array < 0)
        if parsed.sort == "number":
            values.append(array)
        elif parsed.sort == "category":
            codes.append(array)
    head = format_rows(columns, missing_masks, range(min(HEAD, rows)))
    tail = format_rows(columns, missing_masks, range(max(HEAD, rows - HEAD), rows))
    arrays = {
        "values": np.stack(values, 1) if values else np.zeros((rows, 0)),
        "codes": np.stack(codes, 1) if codes else np.zeros((rows, 0), np.int32),
    }
    whole = UploadSchema(name=name, sort="table", rows=rows, columns=tuple(found), head=head, tail=tail, **facts)
    more = {"corrections": corrections, "notes": (*noticed, *gap_counter.notes())}
    numbers = dict(zip((column.name for column in found if column.sort == "number"), values, strict=True))
    return assign_roles(whole.model_copy(update=more), numbers, index), arrays


def format_rows(
    columns: Sequence[pd.Series[Any]], missing_masks: Sequence[np.ndarray], positions: range
) -> tuple[tuple[str, ...], ...]:
    """The cells of some rows as text; a gap is an empty cell, whatever word stands for it in the file."""
    return tuple(
        tuple("" if m[row] else format_cell(c.iloc[row]) for c, m in zip(columns, missing_masks, strict=True))
        for row in positions
    )


def expect_table(names: Sequence[str], rows: int) -> None:
    """Refuse too few or too many columns, two of one name, and too few rows. Raises: InvalidExperiment."""
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise refusal(Message("a different name for every column"), Message("{name} twice", name=twice[0]))
    if not 2 <= len(names) <= COLUMNS:
        raise refusal(Message("{n} to {m} columns", n=2, m=COLUMNS), len(names))
    if rows < MIN_EXAMPLES:
        raise refusal(Message("at least {n} rows", n=MIN_EXAMPLES), rows)


def name_columns(names: Sequence[str]) -> list[str]:
    """Name the columns; those without a name get one that no other has."""
    found = [one_line(text) for text in names]
    for position, name in enumerate(found):
        free = (f"column {position + 1}" + (f" ({n})" if n > 1 else "") for n in itertools.count(1))
        found[position] = name or next(other for other in free if other not in found)
    return found


def parse_column(
    name: str, column: pd.Series[Any], notes: list[UploadNote], gap_counter: GapCounter, extra_gaps: Sequence[str] = ()
) -> tuple[Column, np.ndarray]:
    """Parse a column (rows,) as numbers (missing: NaN), as codes of its words (missing: −1), or as a text of which
    nothing is stored. `extra_gaps`: further words for a gap. Raises: InvalidExperiment for numbers that are not finite.
    """
    # pandas counts truth values as numeric
    if pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_bool_dtype(column.dtype):
        values = column.to_numpy(np.float64, na_value=np.nan)
        return build_numeric_column(name, np.where(np.isin(values, parse_numbers(extra_gaps)), np.nan, values), notes)
    words = column.astype("str").fillna("").str.strip().tolist()  # a missing word stays missing as a pandas str
    counts = Counter(words)  # each different word is judged once, however many rows there are
    marks = find_gap_words(counts, True, extra_gaps)
    gaps = {word for word in counts if word.lower() in marks}
    parsed = parse_float64(words, counts, gaps)
    if parsed is not None:
        gap_counter.add(count_gaps(counts, gaps))
        return build_numeric_column(name, parsed, notes)
    kept = find_classes(counts, extra_gaps)
    marks = find_gap_words(counts, False, extra_gaps)
    gaps = {word for word in counts if word.lower() in marks} - set(kept)
    missing = np.fromiter((word in gaps for word in words), bool, len(words))
    gap_counter.add(count_gaps(counts, gaps))
    notes += [note("class_none", name=name, word=one_line(word)) for word in kept]
    return build_categorical_column(name, np.array(words, object), missing)


def count_gaps(counts: Mapping[str, int], gaps: Collection[str]) -> dict[str, int]:
    """Count how often each gap occurs."""
    return {word: counts[word] for word in gaps}


def parse_float64(words: list[str], counts: Mapping[str, int], gaps: Collection[str]) -> np.ndarray | None:
    """Parse words as numbers, (rows,), to the last bit; NaN for gaps, None where a word is no number."""
    if len(gaps) == len(counts) or not all(NUMBER.fullmatch(word) for word in counts if word not in gaps):
        return None
    values = {word: np.nan if word in gaps else float(word) for word in counts}  # each word is converted once
    return np.fromiter(map(values.__getitem__, words), np.float64, len(words))  # (rows,)


def build_categorical_column(name: str, words: np.ndarray, missing: np.ndarray) -> tuple[Column, np.ndarray]:
    levels, codes = np.unique(words[~missing].astype(str), return_inverse=True)
    few = len(levels) <= MAX_LEVELS and len(levels) <= max(2, len(words) // 2)
    all_codes = np.full(len(words), -1, np.int32)
    all_codes[~missing] = codes
    shown = make_unique([one_line(level) for level in levels]) if few else ()
    sort: Literal["category", "text"] = "category" if few and len(levels) else "text"
    return Column(name=name, sort=sort, missing=int(missing.sum()), distinct=len(levels), levels=shown), all_codes


def parse_numbers(words: Sequence[str]) -> list[float]:
    """Parse those of the words that are numbers."""
    return [value for value in pd.to_numeric(pd.Series(words, dtype="str"), errors="coerce") if value == value]


def build_numeric_column(name: str, values: np.ndarray, notes: list[UploadNote]) -> tuple[Column, np.ndarray]:
    """Build a column of numbers (rows,). A value that is far from all others and usually stands for a gap is noted.

    Raises: InvalidExperiment for numbers that are not finite, or huge.
    """
    present = values[~np.isnan(values)]
    if len(present) and not (np.abs(present) <= HUGE).all():
        raise refusal(Message("finite numbers up to {n}", n=HUGE), Message("another in column {name}", name=name))
    known, counts = np.unique(present, return_counts=True)
    for code in CODES:
        others = known[known != code]
        if code in known and len(others) > 1 and counts[known == code][0] > 1:
            reach = others.max() - others.min()
            if np.abs(others - code).min() > FAR * reach:
                notes.append(note("code", name=name, n=int(counts[known == code][0]), value=code))
    return Column(name=name, sort="number", missing=len(values) - len(present), distinct=len(known)), values


def make_unique(words: list[str]) -> tuple[str, ...]:
    """Number the words that shortening made the same."""
    return tuple(f"{word} ({position + 1})" if words.count(word) > 1 else word for position, word in enumerate(words))


def format_cell(value: object) -> str:
    if isinstance(value, float | np.floating):
        return "" if np.isnan(value) else f"{value:.15g}"
    return "" if value is None or value is pd.NA else one_line(value, 40)
