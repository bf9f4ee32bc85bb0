"""Target leakage: input columns that are the target in other numbers."""

from __future__ import annotations

import numpy as np

ENOUGH = 10  # rows, and distinct values, under which chance alone makes copies


def find_target_copies(x: np.ndarray, y: np.ndarray) -> list[int]:
    """Find the columns of `x` (examples, inputs) that determine `y` (examples,) or (examples, outputs), in order.

    Such a column has one value for each value of the target and one target for each of its values; or, of numbers, the
    target only rises or only falls with it. A lone input may well rise with what it is to predict: it is a copy only
    where it is the target itself, moved and scaled. Too few rows prove nothing.
    """
    # a column of two values is a copy by chance in 1 of 2^rows; twice as many columns take one row more
    if x.ndim != 2 or len(x) < ENOUGH + int(np.log2(max(1, x.shape[1]))):
        return []
    targets = y.reshape(len(y), -1).astype(np.float64)  # (examples, outputs)
    numbers = y.ndim > 1
    return [
        column
        for column in range(x.shape[1])
        if any(is_copy(x[:, column].astype(np.float64), target, numbers, x.shape[1] == 1) for target in targets.T)
    ]


def is_copy(column: np.ndarray, target: np.ndarray, numbers: bool, alone: bool) -> bool:
    """Whether a column (examples,) determines a target (examples,); `numbers`: a regression's, `alone`: no other
    input."""
    if not np.isfinite(column).all():
        return False
    values, value_index = np.unique(column, return_inverse=True)
    goals, goal_index = np.unique(target, return_inverse=True)
    if len(values) < 2 or len(goals) < 2:
        return False
    if numbers and alone:
        return bool(np.abs(np.corrcoef(column, target)[0, 1]) > 1 - 1e-10)
    if len(values) == len(goals) <= len(column) // 2:  # values that come once each would always pair up
        pairs = np.unique(np.stack([value_index, goal_index], 1), axis=0)  # (pairs, 2)
        return len(pairs) == len(values)
    if not numbers or len(values) < ENOUGH:
        return False
    # rows of equal input are sorted by target, so that only different inputs can break the order
    rising, falling = (target[np.lexsort((sign * target, column))] * sign for sign in (1, -1))
    return bool((np.diff(rising) >= 0).all() or (np.diff(falling) >= 0).all())
