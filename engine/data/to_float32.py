"""From what preprocessing left to what a network gets: float32, and what cannot be said in it."""

from __future__ import annotations

import numpy as np

from engine.errors import InvalidExperiment

HUGE = 1e30  # float32 ends at 3.4e38, and squares of weighted sums have to fit into it nearly always


def to_float32(x: np.ndarray) -> np.ndarray:
    """The inputs in float32. Raises: InvalidExperiment for some that it has no room for."""
    expect_room(x, "inputs", "standardize the inputs")
    return x.astype(np.float32, copy=False)


def target_to_float32(y: np.ndarray, train: np.ndarray) -> np.ndarray:
    """The targets of a regression in float32; classes as they are. Raises: InvalidExperiment if there is no room for
    them, or if those of the training split, which differ, would all be the same."""
    if y.dtype != np.float64:
        return y
    expect_room(y, "targets", "standardize the target")
    found = y.astype(np.float32)
    if np.ptp(y[train]) > 0 and not np.ptp(found[train]) > 0:
        expected = "targets that differ by more than float32 rounds them"
        received = f"{y[train].min():.12g}…{y[train].max():.12g}"
        raise InvalidExperiment("$.preprocessing", expected, received, "standardize the target")
    return found


def expect_room(x: np.ndarray, what: str, hint: str) -> None:
    """Refuses numbers that are too large for float32."""
    if x.dtype == np.float64 and x.size and np.abs(x).max() > HUGE:
        expected = f"{what} up to {HUGE:g} after preprocessing"
        raise InvalidExperiment("$.preprocessing", expected, f"{np.abs(x).max():.3g}", hint)
