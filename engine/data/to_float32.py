"""From what preprocessing left to what a network gets: float32, and what cannot be said in it."""

from __future__ import annotations

import numpy as np

from engine.errors import InvalidExperiment
from engine.message import Message

HUGE = 1e30  # float32 ends at 3.4e38, and squares of weighted sums have to fit into it nearly always


def to_float32(x: np.ndarray) -> np.ndarray:
    """The inputs in float32. Raises: InvalidExperiment for some that it has no room for."""
    if beyond(x):
        raise InvalidExperiment(
            "$.preprocessing",
            Message("inputs up to {n} after preprocessing", n=HUGE),
            float(f"{np.abs(x).max():.3g}"),
            Message("standardize the inputs"),
        )
    return x.astype(np.float32, copy=False)


def target_to_float32(y: np.ndarray, train: np.ndarray) -> np.ndarray:
    """The targets of a regression in float32; classes as they are. Raises: InvalidExperiment if there is no room for
    them, or if those of the training split, which differ, would all be the same."""
    if y.dtype != np.float64:
        return y
    if beyond(y):
        raise InvalidExperiment(
            "$.preprocessing",
            Message("targets up to {n} after preprocessing", n=HUGE),
            float(f"{np.abs(y).max():.3g}"),
            Message("standardize the target"),
        )
    found = y.astype(np.float32)
    if np.ptp(y[train]) > 0 and not np.ptp(found[train]) > 0:
        expected = Message("targets that differ by more than float32 rounds them")
        received = f"{y[train].min():.12g}…{y[train].max():.12g}"
        raise InvalidExperiment("$.preprocessing", expected, received, Message("standardize the target"))
    return found


def beyond(x: np.ndarray) -> bool:
    """Whether some numbers are too large for float32."""
    return bool(x.dtype == np.float64 and x.size and np.abs(x).max() > HUGE)
