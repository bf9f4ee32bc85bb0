"""Apportionment: a whole number divided in given shares."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def apportion(total: int, shares: Sequence[float] | np.ndarray, least: int = 0) -> np.ndarray:
    """Divide `total` into whole numbers, each less than 1 off its share, by the largest remainder method.

    Of equal remainders the first is rounded up. Each number is at least `least` if `total` allows it.
    """
    weights = np.asarray(shares, np.float64)
    exact = total * weights / weights.sum()  # (shares,)
    # a share of 1 − 0.8 of 5 is 0.99…98 in float64: one in all but rounding, and no remainder
    found: np.ndarray = np.floor(exact + 1e-9).astype(np.int64)
    behind = np.argsort(found - exact, kind="stable")  # largest remainder first; stable: the same everywhere
    found[behind[: total - int(found.sum())]] += 1
    while total >= least * len(found) and found.min() < least:
        found[found.argmin()] += 1
        found[found.argmax()] -= 1
    return found
