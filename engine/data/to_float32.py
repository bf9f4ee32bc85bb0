"""From float64, in which own tables are preprocessed, to the float32 that networks get."""

from __future__ import annotations

import numpy as np

from engine.errors import InvalidExperiment
from engine.message import Message

HUGE = 1e30  # float32 ends at 3.4e38, and squares of weighted sums have to fit into it nearly always


def to_float32(x: np.ndarray) -> np.ndarray:
    """Round inputs to float32, in their shape. Raises: InvalidExperiment for numbers that float32 has no room for."""
    if exceeds_float32(x):
        raise InvalidExperiment(
            "$.preprocessing",
            Message("inputs up to {n} after preprocessing", n=HUGE),
            float(f"{np.abs(x).max():.3g}"),
            Message("standardize the inputs"),
        )
    return x.astype(np.float32, copy=False)


def target_to_float32(y: np.ndarray, train: np.ndarray) -> np.ndarray:
    """Round the targets of a regression to float32; classes stay int64. `train`: the indices of the training split.

    Raises: InvalidExperiment if float32 has no room for them, or if training targets that differ would all be the same.
    """
    if y.dtype != np.float64:
        return y
    if exceeds_float32(y):
        raise InvalidExperiment(
            "$.preprocessing",
            Message("targets up to {n} after preprocessing", n=HUGE),
            float(f"{np.abs(y).max():.3g}"),
            Message("standardize the target"),
        )
    rounded = y.astype(np.float32)
    if np.ptp(y[train]) > 0 and not np.ptp(rounded[train]) > 0:  # its steps near 1.7e9, a time in seconds, are of 128
        expected = Message("targets that differ by more than float32 rounds them")
        received = f"{y[train].min():.12g}…{y[train].max():.12g}"
        raise InvalidExperiment("$.preprocessing", expected, received, Message("standardize the target"))
    return rounded


def exceeds_float32(x: np.ndarray) -> bool:
    """Whether some numbers are too large for float32; data sets that come as float32 are never asked."""
    return bool(x.dtype == np.float64 and x.size and np.abs(x).max() > HUGE)
