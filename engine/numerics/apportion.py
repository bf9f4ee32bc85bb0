"""Whole numbers in given shares."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def apportion(total: int, shares: Sequence[float] | np.ndarray, least: int = 0) -> np.ndarray:
    """`total` cut into whole numbers as close to the shares as they get, each less than one off, unless `least`
    (what each has at least, while there is enough) says otherwise.

    The largest fractions are rounded up, the first of equals first.
    """
    weights = np.asarray(shares, np.float64)
    exact = total * weights / weights.sum()
    found: np.ndarray = np.floor(exact + 1e-9).astype(np.int64)
    behind = np.argsort(found - exact, kind="stable")
    found[behind[: total - int(found.sum())]] += 1
    while total >= least * len(found) and found.min() < least:
        found[found.argmin()] += 1
        found[found.argmax()] -= 1
    return found
