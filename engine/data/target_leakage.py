"""Inputs that are the target in other numbers."""

from __future__ import annotations

import numpy as np

ENOUGH = 10  # rows, and distinct values, under which chance alone makes copies


def target_copies(x: np.ndarray, y: np.ndarray) -> list[int]:
    """The columns of `x` (examples, inputs) that say `y` (examples,) or (examples, outputs), in order.

    Such a column has one value for each value of the target and one target for each of its values; or, of numbers, the
    target only rises or only falls with it. A lone input may well rise with what it is to predict: it is a copy only
    where it is the target itself, moved and scaled. Too few rows prove nothing.
    """
    if x.ndim != 2 or len(x) < ENOUGH + int(np.log2(max(1, x.shape[1]))):
        return []
    targets = y.reshape(len(y), -1).astype(np.float64)
    numbers = y.ndim > 1
    return [
        place
        for place in range(x.shape[1])
        if any(is_copy(x[:, place].astype(np.float64), own, numbers, x.shape[1] == 1) for own in targets.T)
    ]


def is_copy(column: np.ndarray, target: np.ndarray, numbers: bool, alone: bool) -> bool:
    """Whether the one says the other."""
    if not np.isfinite(column).all():
        return False
    values, kinds = np.unique(column, return_inverse=True)
    wanted, goals = np.unique(target, return_inverse=True)
    if len(values) < 2 or len(wanted) < 2:
        return False
    if numbers and alone:
        return bool(np.abs(np.corrcoef(column, target)[0, 1]) > 1 - 1e-10)
    if len(values) == len(wanted) <= len(column) // 2:
        pairs = np.unique(np.stack([kinds, goals], 1), axis=0)
        return len(pairs) == len(values)
    if not numbers or len(values) < ENOUGH:
        return False
    rising, falling = (target[np.lexsort((sign * target, column))] * sign for sign in (1, -1))
    return bool((np.diff(rising) >= 0).all() or (np.diff(falling) >= 0).all())
