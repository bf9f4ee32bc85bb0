"""Encoding of a stored upload as examples: one-hot categories, normalized pixels, targets."""

from __future__ import annotations

import numpy as np

from engine.errors import InvalidExperiment, Received
from engine.examples import Examples, Task
from engine.message import Message
from engine.uploads.schema import MAX_LEVELS, MIN_EXAMPLES, Column, UploadSchema

INPUTS = 4096  # numbers that a network may get for a row
USES = {"n": "number", "c": "category", "t": "target", "i": "ignored"}
Arrays = dict[str, np.ndarray]


def encode_upload(
    schema: UploadSchema, arrays: Arrays, uses: str, task: Task, missing: str = "fill", layout: str = "vector"
) -> Examples:
    """Encode an upload as examples.

    `uses`: a letter for each column of a table (n number, c category, t target, i ignored); `missing`: "fill" or
    "drop" rows with gaps; `layout`: "vector", "image" or "sequence". Raises: InvalidExperiment if columns cannot have
    these uses.
    """
    if schema.sort == "images":
        return encode_images(schema, arrays, layout)
    if schema.sort == "sequences":
        return encode_sequences(schema, arrays, layout)
    return encode_table(schema, arrays, uses, task, missing)


def encode_images(schema: UploadSchema, arrays: Arrays, layout: str) -> Examples:
    """Encode images as examples, black 0 and white 1; as a sequence an image is read row by row."""
    x = normalize_pixels(schema, arrays["images"])  # (examples, channels, height, width)
    if layout == "vector":
        x = x.reshape(len(x), -1)
    elif layout == "sequence":
        x = x.transpose(0, 2, 3, 1).reshape(len(x), x.shape[2], -1)  # (examples, height, width · channels)
    return Examples(np.ascontiguousarray(x), arrays["labels"].astype(np.int64), "classification", schema.classes)


def normalize_pixels(schema: UploadSchema, images: np.ndarray) -> np.ndarray:
    """Scale pixels to float32, black 0 and white 1, in their shape."""
    x = images.astype(np.float32)
    scaled: np.ndarray = (x - np.float32(schema.black) if schema.black else x) / np.float32(schema.white - schema.black)
    return scaled


def to_bytes(schema: UploadSchema, images: np.ndarray) -> np.ndarray:
    """Scale pixels to bytes as they are drawn, from 0 to 255, in their shape."""
    if images.dtype == np.uint8 and (schema.black, schema.white) == (0.0, 255.0):
        return images
    drawn: np.ndarray = np.rint(normalize_pixels(schema, images).clip(0, 1) * 255).astype(np.uint8)
    return drawn


def encode_sequences(schema: UploadSchema, arrays: Arrays, layout: str) -> Examples:
    """Encode sequences as examples, or their numbers in a row."""
    x = arrays["sequences"].astype(np.float32)  # (examples, time, features)
    x = x.reshape(len(x), -1) if layout == "vector" else x[:, None] if layout == "image" else x
    if schema.classes:
        return Examples(x, arrays["labels"].astype(np.int64), "classification", schema.classes)
    return Examples(x, arrays["targets"].astype(np.float32)[:, None], "regression")


def encode_table(schema: UploadSchema, arrays: Arrays, uses: str, task: Task, missing: str) -> Examples:
    """Encode a table as examples, in float64: numbers as they are, categories one-hot.

    Float32 has no digit in which times of 1.7e9 seconds differ; what is too fine for it is left to preprocessing.
    Rows without a target are left out, and with `missing` "drop" those that lack any input. Where "fill" is chosen,
    what is missing is NaN; it is filled when the splits are known.
    """
    if len(uses) != len(schema.columns) or uses.count("t") != 1 or not set(uses) & set("nc"):
        raise build_uses_error(
            Message("a target and at least one input"),
            Message("{uses} for {n} columns", uses=repr(uses), n=len(schema.columns)),
        )
    values, codes = group_by_name(schema, arrays)
    y, classes, present = encode_target(schema.columns[uses.index("t")], values, codes, task)
    pieces, groups = [], []
    for column, use in zip(schema.columns, uses, strict=True):
        if use == "n":
            pieces.append(select_numbers(column, values))
        elif use == "c":
            group = encode_one_hot(column, values, codes)
            start = sum(piece.shape[1] for piece in pieces)
            groups.append((start, start + group.shape[1]))
            pieces.append(group)
    x = np.concatenate(pieces, 1)  # (rows, inputs)
    if x.shape[1] > INPUTS:
        raise build_uses_error(Message("at most {n} inputs", n=INPUTS), x.shape[1])
    if missing == "drop":
        present &= ~np.isnan(x).any(1)
    if present.sum() < MIN_EXAMPLES:
        raise build_uses_error(Message("at least {n} rows without gaps", n=MIN_EXAMPLES), int(present.sum()))
    return build_examples(x[present], y[present], task, classes, tuple(groups))


def build_examples(
    x: np.ndarray, y: np.ndarray, task: Task, classes: tuple[str, ...], groups: tuple[tuple[int, int], ...]
) -> Examples:
    """Build examples of `x` (rows, inputs) and `y` (rows,). Classes that no row has any more are left out; one or two
    inputs have a plot. Raises: InvalidExperiment for a target that does not vary."""
    if task == "classification":
        used, y = np.unique(y, return_inverse=True)
        classes = tuple(classes[position] for position in used)
        if len(classes) < 2:
            raise build_uses_error(Message("{n} to {m} classes", n=2, m=MAX_LEVELS), len(classes))
    else:
        y = y[:, None]  # (rows, 1)
        if not np.ptp(y) > 0:
            raise build_uses_error(Message("a target that varies"), Message("one value"))
    kind = np.int64 if task == "classification" else np.float64
    plot = None if task == "classification" and x.shape[1] == 1 else compute_extent(x)  # classes have no curve
    return Examples(x, y.astype(kind), task, classes, plot, gaps=groups)


def compute_extent(x: np.ndarray) -> tuple[float, ...] | None:
    """Compute the range of one or two inputs with some room around them; an input without any value will be 0."""
    if x.shape[1] > 2:
        return None
    x = np.where(np.isnan(x).all(0), 0, x)
    low, high = np.nanmin(x, 0), np.nanmax(x, 0)
    room = np.where(high > low, (high - low) * 0.05, 1.0)
    return tuple(float(v) for pair in zip(low - room, high + room, strict=True) for v in pair)


def group_by_name(schema: UploadSchema, arrays: Arrays) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Group the columns of numbers and those of codes by name, (rows,) each."""
    found: tuple[dict[str, np.ndarray], dict[str, np.ndarray]] = ({}, {})
    for sort, key, position in (("number", "values", 0), ("category", "codes", 1)):
        names = [column.name for column in schema.columns if column.sort == sort]
        found[position].update(zip(names, arrays[key].T, strict=True))
    return found


def select_numbers(column: Column, values: dict[str, np.ndarray]) -> np.ndarray:
    """Select a column of numbers, (rows, 1). Raises: InvalidExperiment for one of words."""
    if column.name not in values:
        raise build_uses_error(Message("numbers in column {name}", name=column.name), Message("words"))
    return values[column.name][:, None]


def encode_levels(
    column: Column, values: dict[str, np.ndarray], codes: dict[str, np.ndarray]
) -> tuple[np.ndarray, list[str]]:
    """Encode a column by its words: codes (rows,), missing −1, and the words that they stand for.

    Words are taken from all rows: one that only validation rows have gives an input that is always 0 in training.
    Raises: InvalidExperiment for too many words, or none.
    """
    if column.name in codes:
        return codes[column.name].astype(np.int64), list(column.levels)
    if column.name not in values:
        raise build_uses_error(
            Message("at most {n} different words in column {name}", n=MAX_LEVELS, name=column.name), column.distinct
        )
    present = ~np.isnan(values[column.name])
    known, row_codes = np.unique(values[column.name][present], return_inverse=True)
    if not len(known):
        raise build_uses_error(Message("a value in column {name}", name=column.name), Message("none"))
    if len(known) > MAX_LEVELS:
        raise build_uses_error(
            Message("at most {n} different words in column {name}", n=MAX_LEVELS, name=column.name), len(known)
        )
    found = np.full(len(present), -1, np.int64)
    found[present] = row_codes
    # ten digits, as people write them, unless they make two numbers the same
    short = [f"{value:.10g}" for value in known]
    whole = [repr(value).removesuffix(".0") for value in known.tolist()]
    return found, short if len(set(short)) == len(short) else whole


def encode_one_hot(column: Column, values: dict[str, np.ndarray], codes: dict[str, np.ndarray]) -> np.ndarray:
    """Encode a column one-hot, (rows, words); rows where it is missing are NaN throughout."""
    row_codes, words = encode_levels(column, values, codes)
    encoded = np.eye(len(words))[row_codes]  # (rows, words); −1 takes the last word, which is undone below
    encoded[row_codes < 0] = np.nan
    return np.asarray(encoded)


def encode_target(
    column: Column, values: dict[str, np.ndarray], codes: dict[str, np.ndarray], task: Task
) -> tuple[np.ndarray, tuple[str, ...], np.ndarray]:
    """Encode the target column: targets (rows,), the names of their classes, and which rows have one, (rows,)."""
    if task == "regression":
        y = select_numbers(column, values)[:, 0]
        return y, (), ~np.isnan(y)
    row_codes, words = encode_levels(column, values, codes)
    return row_codes, tuple(words), row_codes >= 0


def build_uses_error(expected: Message, received: Received) -> InvalidExperiment:
    return InvalidExperiment("$.data.uses", expected, received)
