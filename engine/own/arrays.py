"""NPZ archives: an array x of rows or of images, and an array y of targets. Pickles are refused."""

from __future__ import annotations

import io
import math
from typing import Any

import numpy as np
import pandas as pd

from engine.own.about import LEAST, LEVELS, About
from engine.own.archive import entries
from engine.own.corrections import NOTHING, Corrections
from engine.own.pixels import SIDE, scaled
from engine.own.refusal import refusal
from engine.own.table import Found, table

INPUTS = ("x", "data", "images", "features", "x_train", "train_images")
TARGETS = ("y", "labels", "label", "target", "targets", "y_train", "train_labels")
HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}


def read_npz(name: str, raw: bytes, corrections: Corrections = NOTHING) -> Found:
    """The arrays in an NPZ file. Raises: InvalidExperiment if they are not two that belong together."""
    found = {path.removesuffix(".npy").lower(): content for path, content in entries(raw)}
    chosen = [next((key for key in keys if key in found), None) for keys in (INPUTS, TARGETS)]
    if None in chosen:
        raise refusal("arrays x and y", ", ".join(sorted(found))[:60] or "none")
    x, y = (array(str(key), found[str(key)]) for key in chosen)
    y = y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y
    if y.ndim != 1 or len(x) != len(y):
        raise refusal(f"a target for each of {len(x)} rows", f"y of shape {y.shape}")
    if len(x) < LEAST:
        raise refusal(f"at least {LEAST} rows", f"{len(x)}")
    if x.ndim == 2:
        names = [*(f"x{place + 1}" for place in range(x.shape[1])), "y"]
        return table(name, names, [*(pd.Series(column) for column in x.T), pd.Series(y)], corrections)
    if x.ndim in (3, 4):
        return pictures(name, x, y)
    raise refusal("x with 2 axes for a table, 3 or 4 for images", f"{x.ndim}")


def array(key: str, content: bytes) -> np.ndarray:
    """One array. What the header says of its size must be true before room is made for it."""
    stream = io.BytesIO(content)
    try:
        version: Any = np.lib.format.read_magic(stream)
        shape, fortran, kind = HEADERS[version](stream)
    except (ValueError, KeyError, TypeError, SyntaxError, RecursionError) as error:
        raise refusal("a whole array", f"a damaged one, {key[:40]}") from error
    if kind.hasobject:
        raise refusal("plain arrays", f"a pickle, {key[:40]}")
    if not shape or math.prod(shape) * kind.itemsize != len(content) - stream.tell() or not kind.itemsize:
        raise refusal("a whole array", f"a damaged one, {key[:40]}")
    if kind.kind not in "biufU":
        raise refusal("arrays of numbers or words", f"another type in {key[:40]}")
    flat = np.frombuffer(content, kind, offset=stream.tell())
    found = flat.reshape(shape[::-1]).T if fortran else flat.reshape(shape)
    return found.astype(np.float64) if kind.kind == "f" else found


def pictures(name: str, x: np.ndarray, y: np.ndarray) -> Found:
    """Images (n, height, width), (n, height, width, channels) or (n, channels, height, width) with a class each; those
    whose class is NaN are left out."""
    if x.ndim == 3:
        x = x[:, None]
    elif x.shape[3] in (1, 3):
        x = x.transpose(0, 3, 1, 2)
    if x.shape[1] not in (1, 3) or min(x.shape[2:]) < 2 or x.dtype.kind not in "buif":
        raise refusal("images of one or three channels", f"x of shape {x.shape}")
    if max(x.shape[2:]) > SIDE:
        raise refusal(f"images of at most {SIDE} × {SIDE}", f"{x.shape[2]} × {x.shape[3]}")
    if y.dtype.kind == "f":
        x, y = x[~np.isnan(y)], y[~np.isnan(y)]
        if len(y) < LEAST:
            raise refusal(f"at least {LEAST} images", f"{len(y)}")
    levels, labels = np.unique(y, return_inverse=True)
    if not 2 <= len(levels) <= LEVELS:
        raise refusal(f"2 to {LEVELS} classes", f"{len(levels)}")
    classes = tuple(str(level)[:40] for level in levels.tolist())
    counts = tuple(int(count) for count in np.bincount(labels))
    images = scaled(x)
    shape = (images.shape[1], images.shape[2], images.shape[3])
    about = About(name=name, sort="images", rows=len(x), classes=classes, counts=counts, shape=shape, sizes=1)
    return about, {"images": images, "labels": labels.astype(np.int32)}
