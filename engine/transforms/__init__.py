"""Preprocessing: fitted on the training split alone, applied to every split."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import ClassVar, Literal

import numpy as np

from engine.parts import Part

Map = Callable[[np.ndarray], np.ndarray]


class Transform(Part, family="transforms"):
    """One preprocessing step. One that `leads` stands before the others when it is turned on."""

    leads: ClassVar[bool] = False
    acts_on: ClassVar[Literal["inputs", "target"]] = "inputs"

    @abstractmethod
    def fit(self, x: np.ndarray) -> Map:
        """The map learned from the training split `x` (examples, …).

        Raises: InvalidExperiment if such inputs do not fit.
        """


def standardizer(x: np.ndarray) -> Map:
    """(x − mean) / deviation of each feature; features that do not vary are only centered."""
    # float32 sums would miss the mean of a feature that does not vary, and the miss would pass for a deviation
    mean, deviation = x.mean(0, dtype=np.float64), x.std(0, dtype=np.float64)
    scale = np.where(deviation > 1e-12, deviation, 1)
    return lambda z: ((z - mean) / scale).astype(np.float32)


def principal(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean (features,), variances (features,) and directions (features, features) of `x` laid out in rows.

    The largest variance comes first; it is a population variance (divided by the number of examples), as everywhere in
    preprocessing. Each direction points to where its largest entry is positive, so that signs are no accident.
    """
    rows = x.reshape(len(x), -1).astype(np.float64)
    mean = rows.mean(0)
    rows -= mean
    variances, directions = np.linalg.eigh(rows.T @ rows / len(rows))
    variances, directions = np.maximum(variances[::-1], 0), directions[:, ::-1]
    largest = np.take_along_axis(directions, np.abs(directions).argmax(0)[None], 0)[0]
    return mean, variances, directions * np.where(largest < 0, -1.0, 1.0)
