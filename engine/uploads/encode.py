"""Encoding of a stored upload as examples: one-hot categories, normalized pixels, targets."""

from __future__ import annotations

import numpy as np

from engine.errors import InvalidExperiment, Received
from engine.examples import Examples, Task
from engine.message import Message
from engine.uploads.schema import MAX_LEVELS, MIN_EXAMPLES, Column, UploadSchema

INPUTS = 4096
USES = {"n": "number", "c": "category", "t": "target", "i": "ignored"}
Arrays = dict[str, np.ndarray]


def encode_upload(
    about: UploadSchema, arrays: Arrays, uses: str, task: Task, missing: str = "fill", layout: str = "vector"
) -> Examples:
    """Examples of an upload. Raises: InvalidExperiment if its columns cannot have these uses."""
    if about.sort == "images":
        return encode_images(about, arrays, layout)
    if about.sort == "sequences":
        return encode_sequences(about, arrays, layout)
    return encode_table(about, arrays, uses, task, missing)


def encode_images(about: UploadSchema, arrays: Arrays, layout: str) -> Examples:
    """Images as examples, black 0 and white 1. As a sequence an image is read row by row."""
    x = normalize_pixels(about, arrays["images"])
    if layout == "vector":
        x = x.reshape(len(x), -1)
    elif layout == "sequence":
        x = x.transpose(0, 2, 3, 1).reshape(len(x), x.shape[2], -1)
    return Examples(np.ascontiguousarray(x), arrays["labels"].astype(np.int64), "classification", about.classes)


def normalize_pixels(about: UploadSchema, images: np.ndarray) -> np.ndarray:
    """Pixels as float32, black 0 and white 1."""
    x = images.astype(np.float32)
    found: np.ndarray = (x - np.float32(about.black) if about.black else x) / np.float32(about.white - about.black)
    return found


def as_bytes(about: UploadSchema, images: np.ndarray) -> np.ndarray:
    """Pixels as they are drawn, from 0 to 255."""
    if images.dtype == np.uint8 and (about.black, about.white) == (0.0, 255.0):
        return images
    found: np.ndarray = np.rint(normalize_pixels(about, images).clip(0, 1) * 255).astype(np.uint8)
    return found


def encode_sequences(about: UploadSchema, arrays: Arrays, layout: str) -> Examples:
    """Sequences (time, features) as examples, or their numbers in a row."""
    x = arrays["sequences"].astype(np.float32)
    x = x.reshape(len(x), -1) if layout == "vector" else x[:, None] if layout == "image" else x
    if about.classes:
        return Examples(x, arrays["labels"].astype(np.int64), "classification", about.classes)
    return Examples(x, arrays["targets"].astype(np.float32)[:, None], "regression")


def encode_table(about: UploadSchema, arrays: Arrays, uses: str, task: Task, missing: str) -> Examples:
    """A table as examples, in float64: numbers as they are, categories as one input a word, 1 where it is the row's.

    Float32 has no digit in which times of 1.7e9 seconds differ; what is too fine for it is left to preprocessing.
    Rows without a target are left out, and with `missing` "drop" those that lack any input. Where "fill" is chosen,
    what is missing is NaN; it is filled when the splits are known.
    """
    if len(uses) != len(about.columns) or uses.count("t") != 1 or not set(uses) & set("nc"):
        raise invalid_uses(
            Message("a target and at least one input"),
            Message("{uses} for {n} columns", uses=repr(uses), n=len(about.columns)),
        )
    values, codes = columns_by_name(about, arrays)
    y, classes, present = encode_target(about.columns[uses.index("t")], values, codes, task)
    pieces, groups = [], []
    for column, use in zip(about.columns, uses, strict=True):
        if use == "n":
            pieces.append(numeric_column(column, values))
        elif use == "c":
            group = one_hot(column, values, codes)
            start = sum(piece.shape[1] for piece in pieces)
            groups.append((start, start + group.shape[1]))
            pieces.append(group)
    x = np.concatenate(pieces, 1)
    if x.shape[1] > INPUTS:
        raise invalid_uses(Message("at most {n} inputs", n=INPUTS), x.shape[1])
    if missing == "drop":
        present &= ~np.isnan(x).any(1)
    if present.sum() < MIN_EXAMPLES:
        raise invalid_uses(Message("at least {n} rows without gaps", n=MIN_EXAMPLES), int(present.sum()))
    return build_examples(x[present], y[present], task, classes, tuple(groups))


def build_examples(
    x: np.ndarray, y: np.ndarray, task: Task, classes: tuple[str, ...], groups: tuple[tuple[int, int], ...]
) -> Examples:
    """Classes that no row has any more are left out; one or two inputs have a plot."""
    if task == "classification":
        used, y = np.unique(y, return_inverse=True)
        classes = tuple(classes[position] for position in used)
        if len(classes) < 2:
            raise invalid_uses(Message("{n} to {m} classes", n=2, m=MAX_LEVELS), len(classes))
    else:
        y = y[:, None]
        if not np.ptp(y) > 0:
            raise invalid_uses(Message("a target that varies"), Message("one value"))
    kind = np.int64 if task == "classification" else np.float64
    plot = None if task == "classification" and x.shape[1] == 1 else extent(x)  # classes have no curve
    return Examples(x, y.astype(kind), task, classes, plot, gaps=groups)


def extent(x: np.ndarray) -> tuple[float, ...] | None:
    """The range of one or two inputs with some room around them; one without any value is filled with 0."""
    if x.shape[1] > 2:
        return None
    x = np.where(np.isnan(x).all(0), 0, x)
    low, high = np.nanmin(x, 0), np.nanmax(x, 0)
    room = np.where(high > low, (high - low) * 0.05, 1.0)
    return tuple(float(v) for pair in zip(low - room, high + room, strict=True) for v in pair)


def columns_by_name(about: UploadSchema, arrays: Arrays) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """The columns of numbers and those of codes, by name."""
    found: tuple[dict[str, np.ndarray], dict[str, np.ndarray]] = ({}, {})
    for sort, key, position in (("number", "values", 0), ("category", "codes", 1)):
        names = [column.name for column in about.columns if column.sort == sort]
        found[position].update(zip(names, arrays[key].T, strict=True))
    return found


def numeric_column(column: Column, values: dict[str, np.ndarray]) -> np.ndarray:
    """A column of numbers, (rows, 1)."""
    if column.name not in values:
        raise invalid_uses(Message("numbers in column {name}", name=column.name), Message("words"))
    return values[column.name][:, None]


def level_codes(
    column: Column, values: dict[str, np.ndarray], codes: dict[str, np.ndarray]
) -> tuple[np.ndarray, list[str]]:
    """The codes of a column (missing: −1) and the words that they stand for. They are taken from all rows: a word
    that only validation rows have gives an input that training never sees differ from 0."""
    if column.name in codes:
        return codes[column.name].astype(np.int64), list(column.levels)
    if column.name not in values:
        raise invalid_uses(
            Message("at most {n} different words in column {name}", n=MAX_LEVELS, name=column.name), column.distinct
        )
    present = ~np.isnan(values[column.name])
    known, own = np.unique(values[column.name][present], return_inverse=True)
    if not len(known):
        raise invalid_uses(Message("a value in column {name}", name=column.name), Message("none"))
    if len(known) > MAX_LEVELS:
        raise invalid_uses(
            Message("at most {n} different words in column {name}", n=MAX_LEVELS, name=column.name), len(known)
        )
    found = np.full(len(present), -1, np.int64)
    found[present] = own
    short = [f"{value:.10g}" for value in known]
    whole = [repr(value).removesuffix(".0") for value in known.tolist()]
    return found, short if len(set(short)) == len(short) else whole


def one_hot(column: Column, values: dict[str, np.ndarray], codes: dict[str, np.ndarray]) -> np.ndarray:
    """One input a word; rows where it is missing are NaN throughout."""
    own, words = level_codes(column, values, codes)
    found = np.eye(len(words))[own]
    found[own < 0] = np.nan
    return np.asarray(found)


def encode_target(
    column: Column, values: dict[str, np.ndarray], codes: dict[str, np.ndarray], task: Task
) -> tuple[np.ndarray, tuple[str, ...], np.ndarray]:
    """The targets, the names of their classes, and which rows have one."""
    if task == "regression":
        y = numeric_column(column, values)[:, 0]
        return y, (), ~np.isnan(y)
    own, words = level_codes(column, values, codes)
    return own, tuple(words), own >= 0


def invalid_uses(expected: Message, received: Received) -> InvalidExperiment:
    return InvalidExperiment("$.data.uses", expected, received)
