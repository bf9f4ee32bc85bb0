"""Preprocessing: fitted on the training split alone, applied to every split.

Every step gives the kind of numbers that it got: float64 for own tables, so that nothing is lost before the network;
float32 for what comes with the playground, whose runs stay what they were to the last bit.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import ClassVar, Literal

import numpy as np

from engine.catalogue.part import Part

Map = Callable[[np.ndarray], np.ndarray]
ROUNDING = 4 * 2.0**-52  # of the largest value: what varies by less is float64's rounding, not data


class Transform(Part, family="transforms", position=1):
    """One preprocessing step.

    `leads`: it stands before the others when it is turned on. `mixes_inputs`: each number afterwards is made of
    several, so that columns cannot be compared with what they were. `scales_inputs`: it moves and stretches each input
    by itself, which undoes what another of these did right before it. `is_usual`: what is taken for inputs, or for
    targets, whose spread is not near one.
    """

    scales_inputs: ClassVar[bool] = False
    is_usual: ClassVar[bool] = False
    mixes_inputs: ClassVar[bool] = False
    acts_on: ClassVar[Literal["inputs", "target"]] = "inputs"

    @abstractmethod
    def fit(self, x: np.ndarray) -> Map:
        """The map learned from the training split `x` (examples, …). It keeps float32 or float64.

        Raises: InvalidExperiment if such inputs do not fit.
        """

    def shape(self, in_shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of one input afterwards, or a larger one where that depends on the examples."""
        return in_shape


def moments(x: np.ndarray, axes: tuple[int, ...] = (0,)) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation over these axes, which stay with length 1, in float64.

    Where nothing varies, or by no more than rounding, the deviation is 0; whether it does is seen beside the values'
    own size, never beside a fixed number, since a unit may make all of them tiny.
    """
    if x.dtype == np.float32:  # sums in float32 would miss a mean, and the miss would pass for a deviation
        mean, deviation = (found(x, axis=axes, dtype=np.float64, keepdims=True) for found in (np.mean, np.std))
        return np.asarray(mean), np.where(deviation > 1e-12, deviation, 0)
    mean = x.mean(axes, keepdims=True)
    mean = mean + (x - mean).mean(axes, keepdims=True)  # what the rounding of a long sum took
    away = x - mean
    reach = np.abs(away).max(axes, keepdims=True)
    unit = np.where(reach > 0, reach, 1)  # squares of 1e-200 would be 0
    deviation = np.sqrt(((away / unit) ** 2).mean(axes, keepdims=True)) * unit
    return mean, np.where(reach > ROUNDING * np.abs(x).max(axes, keepdims=True), deviation, 0)


def standardizer(x: np.ndarray) -> Map:
    """(x − mean) / deviation of each feature; features that do not vary are only centered."""
    mean, deviation = (found[0] for found in moments(x))
    scale = np.where(deviation > 0, deviation, 1)
    return lambda z: ((z - mean) / scale).astype(z.dtype)


def principal(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean (features,), variances (features,) and directions (features, features) of `x` laid out in rows.

    The largest variance comes first; it is a population variance (divided by the number of examples), as everywhere in
    preprocessing. Each direction points to where its largest entry is positive, so that signs are no accident. Of
    float64 rows the singular values are taken, which tell a millionth of the largest deviation and less from rounding;
    a direction in which only rounding varies has a variance of 0.
    """
    rows = x.reshape(len(x), -1).astype(np.float64)
    mean = rows.mean(0)
    rows -= mean
    if x.dtype == np.float32:
        variances, directions = np.linalg.eigh(rows.T @ rows / len(rows))
        variances, directions = np.maximum(variances[::-1], 0), directions[:, ::-1]
    else:
        lost = rows.mean(0)  # by the rounding of a long sum
        mean, rows = mean + lost, rows - lost
        _, found, turned = np.linalg.svd(np.linalg.qr(rows, "r"))
        deviations = np.zeros(rows.shape[1])
        deviations[: len(found)] = found / len(rows) ** 0.5
        noise = ROUNDING * max(float(np.abs(x).max()), deviations[0] * max(rows.shape) ** 0.5)
        variances, directions = np.where(deviations > noise, deviations, 0) ** 2, turned.T
    largest = np.take_along_axis(directions, np.abs(directions).argmax(0)[None], 0)[0]
    return mean, variances, directions * np.where(largest < 0, -1.0, 1.0)
