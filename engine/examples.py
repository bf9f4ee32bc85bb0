"""Examples: inputs and targets of a data set or an uploaded file."""

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

    `x`: float32 (examples, *input shape); sequences are (examples, time, features). `y`: int64 (examples,) of class
    indices, or float32 (examples, outputs). Uploaded tables are float64 in both, and rounded after preprocessing.
    `extent`: bounds for the plot of 1-D and 2-D inputs, (x0, x1[, y0, y1]). `vocabulary_size`: number of words where
    inputs are token ids, else 0. `gaps`: ranges of inputs that one-hot encode a category together; missing values are
    NaN until they are imputed, which needs the split.
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
        """Outputs that the network needs: the number of classes, or of targets."""
        return len(self.classes) if self.task == "classification" else int(self.y.shape[1])


def make_two_class_examples(
    points: np.ndarray, positive: np.ndarray, names: tuple[str, str] = ("orange", "blue"), reach: float = 6.0
) -> Examples:
    """Two-class examples in the plane: points (examples, 2), and a mask (examples,) of those in the second class."""
    extent = (-reach, reach, -reach, reach)
    return Examples(points.astype(np.float32), positive.astype(np.int64), "classification", names, extent)
