"""Pixel range: which values are black and white, inferred from all images together; and the one size of all images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.message import Message
from engine.uploads.notes import note
from engine.uploads.refusal import refusal
from engine.uploads.schema import UploadNote

SIDE = 64  # pixels of the longer side at most
BYTE = 255.0
WORD = 65535.0
ENOUGH = 0.25  # share of a usual white that the largest value has to reach


@dataclass(frozen=True)
class PixelRange:
    """The values that become 0 and 1, and whether they were clear."""

    black: float
    white: float
    clear: bool


def infer_pixel_range(x: np.ndarray, white: float | None = None) -> PixelRange:
    """Infer the range of all pixels, in any shape. `white`: the value that is white, where it is known.

    Raises: InvalidExperiment for values that are not finite, or all the same.
    """
    low, high = float(x.min()), float(x.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        raise refusal(Message("pixels that are finite numbers"), Message("others"))
    if low == high and x.dtype != np.uint8:
        raise refusal(Message("pixels that differ"), Message("one value"))
    if white is not None:
        return PixelRange(0.0 if low >= 0 else -white, white, True)
    if low < 0:
        return infer_signed_range(low, high, x)
    if high <= 1:
        return PixelRange(0.0, 1.0, True)
    if x.dtype == np.uint8:
        return PixelRange(0.0, BYTE, True)
    whole = x.dtype.kind in "ui" or bool((x == np.rint(x)).all())
    for usual in (BYTE, WORD):
        if whole and ENOUGH * usual < high <= usual and low < high / 2:
            return PixelRange(0.0, usual, usual == BYTE or high > usual / 2)
    return PixelRange(low if low > high / 2 else 0.0, high, False)


def infer_signed_range(low: float, high: float, x: np.ndarray) -> PixelRange:
    """Infer the range of pixels on both sides of 0."""
    if x.dtype == np.int8:
        return PixelRange(-128.0, 127.0, True)
    if low >= -1 and high <= 1:
        return PixelRange(-1.0, 1.0, high > ENOUGH)
    return PixelRange(low, high, False)


def cast_to_smallest(x: np.ndarray, scale: PixelRange) -> tuple[np.ndarray, PixelRange]:
    """Convert pixels to the smallest type that holds them as they are, with their range; fractions of 255 are bytes."""
    if x.dtype.kind == "f":
        if (scale.black, scale.white) == (0.0, 1.0):
            spread = x * BYTE
            if np.abs(spread - np.rint(spread)).max() < 1e-3:
                return np.ascontiguousarray(np.rint(spread).astype(np.uint8)), PixelRange(0.0, BYTE, scale.clear)
        return np.ascontiguousarray(x.astype(np.float32)), scale
    for kind in (np.uint8, np.uint16, np.int16):
        if np.iinfo(kind).min <= x.min() and x.max() <= np.iinfo(kind).max:
            found = np.ascontiguousarray(x.astype(kind))
            bits = scale == PixelRange(0.0, 1.0, True) and kind is np.uint8
            return (found * np.uint8(255), PixelRange(0.0, BYTE, True)) if bits else (found, scale)
    return np.ascontiguousarray(x.astype(np.float32)), scale


def note_pixel_range(x: np.ndarray, scale: PixelRange) -> list[UploadNote]:
    """Note a range that was not clear."""
    if scale.clear:
        return []
    return [note("scale", low=float(x.min()), high=float(x.max()), black=scale.black, white=scale.white)]


def choose_size(sizes: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Choose width and height for all images: the medians, made smaller where the longer is over 64 pixels."""
    width, height = (float(np.median([size[axis] for size in sizes])) for axis in (0, 1))
    shrink = min(1.0, SIDE / max(width, height))
    return max(4, round(width * shrink)), max(4, round(height * shrink))
