"""Values of pixels as bytes, and the one size to which images of different sizes are brought."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.own.refusal import refusal

SIDE = 64  # pixels of the longer side at most


def scaled(x: np.ndarray) -> np.ndarray:
    """Pixels as bytes: those from 0 to 1 are spread, others must be from 0 to 255 already.

    Raises: InvalidExperiment for values that are neither.
    """
    low, high = float(x.min()), float(x.max())
    if not (np.isfinite(low) and np.isfinite(high)) or low < 0 or high > 255:
        raise refusal("pixels from 0 to 1 or from 0 to 255", f"{low:g} … {high:g}")
    spread = x * 255.0 if high <= 1 else x
    return np.ascontiguousarray(np.rint(spread).astype(np.uint8))


def size_for(sizes: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Width and height for all: the median ones, made smaller where the longer is over 64 pixels."""
    width, height = (float(np.median([size[axis] for size in sizes])) for axis in (0, 1))
    shrink = min(1.0, SIDE / max(width, height))
    return max(4, round(width * shrink)), max(4, round(height * shrink))
