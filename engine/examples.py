"""Examples: inputs and targets, whatever data set or file they come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from engine.message import Message

Task = Literal["classification", "regression"]
TASKS: dict[Task, Message] = {"classification": Message("classification"), "regression": Message("regression")}


@dataclass(frozen=True)
class Examples:
    """Inputs and targets, before any split or preprocessing.

    Shape: `x` float32 (examples, *input shape); `y` int64 (examples,) of class indices, or float32
    (examples, outputs). Own tables are float64 in both: what a network gets is rounded after preprocessing. Sequences
    are (examples, time, features). `extent` bounds the plot of 1-D and 2-D inputs, as
    (x0, x1[, y0, y1]). `vocabulary_size`: how many words there are where inputs are token ids, else 0. Where a table
    has gaps they are NaN until the split is known; `gaps` are the ranges of inputs that are one category together.
    """

    x: np.ndarray
    y: np.ndarray
    task: Task
    classes: tuple[str, ...] = ()
    extent: tuple[float, ...] | None = None
    vocabulary_size: int = 0
    gaps: tuple[tuple[int, int], ...] = ()

    @property
    def outputs(self) -> int:
        """How many numbers the network has to give: one a class, or one a target."""
        return len(self.classes) if self.task == "classification" else int(self.y.shape[1])


def labelled(
    points: np.ndarray, positive: np.ndarray, names: tuple[str, str] = ("orange", "blue"), reach: float = 6.0
) -> Examples:
    """Two-class examples in the plane; `positive` says which points belong to the second class."""
    extent = (-reach, reach, -reach, reach)
    return Examples(points.astype(np.float32), positive.astype(np.int64), "classification", names, extent)
