"""NPZ archives: an array x of rows or of images, and an array y of targets. Pickles are refused."""

from __future__ import annotations

import io
import math
from typing import Any

import numpy as np
import pandas as pd

from engine.message import Message
from engine.uploads.corrections import NO_CORRECTIONS, Corrections, Sort
from engine.uploads.notes import note
from engine.uploads.pixel_range import SIDE, WORD, cast_to_smallest, infer_pixel_range, note_pixel_range
from engine.uploads.refusal import refusal
from engine.uploads.schema import MAX_LEVELS, MAX_NUMERIC_CLASSES, MIN_EXAMPLES, UploadNote, UploadSchema
from engine.uploads.table import HUGE, ParsedUpload, build_table
from engine.uploads.zip_archive import read_entries

MAX_SEQUENCE_NUMBERS = 4096  # numbers in a sequence
NOISY_WHITE = 1.5  # normalized pixels exceed 1 a little where noise was added to them

INPUTS = ("x", "data", "images", "features", "x_train", "train_images")
TARGETS = ("y", "labels", "label", "target", "targets", "y_train", "train_labels")
HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}


def read_npz(name: str, raw: bytes, corrections: Corrections = NO_CORRECTIONS) -> ParsedUpload:
    """Read the arrays in an NPZ file. Raises: InvalidExperiment if they are not two that belong together."""
    found = {path.removesuffix(".npy").lower(): content for path, content in read_entries(raw)}
    chosen = [next((key for key in keys if key in found), None) for keys in (INPUTS, TARGETS)]
    if None in chosen:
        raise refusal(Message("arrays x and y"), ", ".join(sorted(found))[:60] or Message("none"))
    x, y = (parse_array(str(key), found[str(key)]) for key in chosen)
    y = y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y
    if y.ndim != 1 or len(x) != len(y):
        raise refusal(
            Message("a target for each of {n} rows", n=len(x)), Message("y of shape {shape}", shape=str(y.shape))
        )
    if len(x) < MIN_EXAMPLES:
        raise refusal(Message("at least {n} rows", n=MIN_EXAMPLES), len(x))
    sort, notes = infer_sort(x, corrections)
    if sort == "table":
        x = x.reshape(len(x), -1)
        names = [*(f"x{position + 1}" for position in range(x.shape[1])), "y"]
        return build_table(name, names, [*(pd.Series(column) for column in x.T), pd.Series(y)], corrections)
    x, y = drop_missing_targets(x, y)
    facts = {"notes": tuple(notes), "corrections": corrections}
    return read_images(name, x, y, facts) if sort == "images" else read_sequences(name, x, y, facts)


def infer_sort(x: np.ndarray, corrections: Corrections) -> tuple[Sort, list[UploadNote]]:
    """Infer from shape and values whether `x` holds rows, images or sequences (time, features), with a note where that
    could be otherwise. Raises: InvalidExperiment for other shapes, and for corrections that cannot be."""
    expected = Message("x with 2 axes for a table, 3 or 4 for images, 3 for sequences")
    every: tuple[Sort, ...] = ("table", "images", "sequences")
    able = every[: {2: 1, 3: 3, 4: 2}.get(x.ndim, 0)]
    if not able or (corrections.sort is not None and corrections.sort not in able):
        raise refusal(expected, x.ndim)
    if corrections.sort is not None or x.ndim != 3:
        return corrections.sort or ("table" if x.ndim == 2 else "images"), []
    short, long = sorted(x.shape[1:])
    if short < 4:
        return "sequences", []
    square = long <= 2 * short
    shares = x.dtype.kind == "f" and bool(x.min() >= 0 and x.max() <= NOISY_WHITE)
    whole = x.dtype.kind != "f" or bool((x == np.rint(x)).all())
    if x.dtype.kind in "bu" or x.dtype == np.int8 or (whole and x.min() >= 0 and x.max() <= WORD):
        sort, clear = "images", square
    elif shares:
        sort, clear = ("images" if square else "sequences"), square
    else:
        sort, clear = ("images" if short == long >= 8 else "sequences"), not square
    found: Sort = "images" if sort == "images" else "sequences"
    return found, [] if clear else [note(f"taken_{sort}", shape=str(x.shape))]


def drop_missing_targets(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Drop examples without a target (NaN). Raises: InvalidExperiment if too few remain."""
    present = ~np.isnan(y) if y.dtype.kind == "f" else np.ones(len(y), bool)
    if int(present.sum()) < MIN_EXAMPLES:
        raise refusal(Message("at least {n} images", n=MIN_EXAMPLES), int(present.sum()))
    return x[present], y[present]


def parse_array(key: str, content: bytes) -> np.ndarray:
    """Parse one array. The size that its header claims must be true before memory is taken for it: a header of a few
    bytes can claim terabytes. Raises: InvalidExperiment."""
    stream = io.BytesIO(content)
    try:
        version: Any = np.lib.format.read_magic(stream)
        shape, fortran, kind = HEADERS[version](stream)
    except (ValueError, KeyError, TypeError, SyntaxError, RecursionError) as error:
        raise refusal(Message("a whole array"), Message("a damaged one, {name}", name=key[:40])) from error
    if kind.hasobject:
        raise refusal(Message("plain arrays"), Message("a pickle, {name}", name=key[:40]))
    if not shape or math.prod(shape) * kind.itemsize != len(content) - stream.tell() or not kind.itemsize:
        raise refusal(Message("a whole array"), Message("a damaged one, {name}", name=key[:40]))
    if kind.kind not in "biufU":
        raise refusal(Message("arrays of numbers or words"), Message("another type in {name}", name=key[:40]))
    flat = np.frombuffer(content, kind, offset=stream.tell())  # no copy, and no pickle
    found = flat.reshape(shape[::-1]).T if fortran else flat.reshape(shape)
    return found.astype(np.float64) if kind.kind == "f" else found


def read_images(name: str, x: np.ndarray, y: np.ndarray, facts: dict[str, Any]) -> ParsedUpload:
    """Read images (n, height, width), (n, height, width, channels) or (n, channels, height, width) with a class each.

    They are stored as (n, channels, height, width). Raises: InvalidExperiment.
    """
    if x.ndim == 3:
        x = x[:, None]
    elif x.shape[3] in (1, 3):
        x = x.transpose(0, 3, 1, 2)
    if x.shape[1] not in (1, 3) or min(x.shape[2:]) < 2 or x.dtype.kind not in "buif":
        raise refusal(Message("images of one or three channels"), Message("x of shape {shape}", shape=str(x.shape)))
    if max(x.shape[2:]) > SIDE:
        raise refusal(
            Message("images of at most {n} × {m}", n=SIDE, m=SIDE), Message("{a} × {b}", a=x.shape[2], b=x.shape[3])
        )
    classes, labels, counts = count_classes(y)
    scale = infer_pixel_range(x, facts["corrections"].white)
    facts["notes"] += tuple(note_pixel_range(x, scale))
    images, scale = cast_to_smallest(x, scale)
    shape = (images.shape[1], images.shape[2], images.shape[3])
    schema = UploadSchema(
        name=name, sort="images", rows=len(x), classes=classes, counts=counts, shape=shape, sizes=1, **facts
    )
    schema = schema.model_copy(update={"black": scale.black, "white": scale.white})
    return schema, {"images": images, "labels": labels}


def count_classes(y: np.ndarray) -> tuple[tuple[str, ...], np.ndarray, tuple[int, ...]]:
    """Count the classes of `y` (examples,): their names, the index of each example's (examples,), and their counts."""
    levels, labels = np.unique(y, return_inverse=True)
    if not 2 <= len(levels) <= MAX_LEVELS:
        raise refusal(Message("{n} to {m} classes", n=2, m=MAX_LEVELS), len(levels))
    counts = tuple(int(count) for count in np.bincount(labels))
    return tuple(str(level)[:40] for level in levels.tolist()), labels.astype(np.int32), counts


def read_sequences(name: str, x: np.ndarray, y: np.ndarray, facts: dict[str, Any]) -> ParsedUpload:
    """Read sequences (n, time, features) with a class or a number each. Raises: InvalidExperiment for gaps in them."""
    if x.dtype.kind not in "buif" or not np.isfinite(x).all() or np.abs(x).max() > HUGE:
        raise refusal(Message("finite numbers up to {n}", n=HUGE), Message("others in x"))
    if x[0].size > MAX_SEQUENCE_NUMBERS:
        raise refusal(Message("at most {n} numbers in a sequence", n=MAX_SEQUENCE_NUMBERS), x[0].size)
    distinct = len(np.unique(y))
    few = y.dtype.kind in "Ub" or distinct <= min(MAX_NUMERIC_CLASSES, max(2, len(y) // 5))
    if not few and distinct > 1 and np.isfinite(y).all():
        schema = UploadSchema(name=name, sort="sequences", rows=len(x), shape=(1, x.shape[1], x.shape[2]), **facts)
        return schema, {"sequences": x.astype(np.float64), "targets": y.astype(np.float64)}
    classes, labels, counts = count_classes(y)
    shape = (1, x.shape[1], x.shape[2])
    schema = UploadSchema(
        name=name, sort="sequences", rows=len(x), classes=classes, counts=counts, shape=shape, **facts
    )
    return schema, {"sequences": x.astype(np.float64), "labels": labels}
