from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from engine.parts.transforms import Map, Transform, moments


class StandardizeEach(Transform):
    r"""Standardize each example: (x − its own mean) / its own standard deviation.

    Nothing is learned from the training split. Takes away brightness and contrast, which in medical images differ from
    patient to patient; do not use it where the overall level is what is to be learned. An example without any variation
    is only centered.

    Formula: z_{ij} = \frac{x_{ij} - \bar x_i}{\sigma_i}, \qquad \bar x_i = \tfrac1d \sum_j x_{ij}

    Use: Images or signals whose brightness or level differs from one recording to the next.

    Trouble: What the level itself says is gone. A vector of two features is left with its sign alone.

    Source: Jarrett et al., What is the best multi-stage architecture for object recognition?, 2009.
    """

    mixes_inputs: ClassVar[bool] = True
    kind: Literal["standardize_each"] = "standardize_each"

    def fit(self, x: np.ndarray) -> Map:
        axes = tuple(range(1, x.ndim))

        def run(z: np.ndarray) -> np.ndarray:
            mean, deviation = moments(z, axes)
            return np.asarray((z - mean) / np.where(deviation > 0, deviation, 1), z.dtype)

        return run
