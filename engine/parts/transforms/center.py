from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from engine.parts.transforms import Map, Transform, moments


class Center(Transform):
    r"""Center: x − mean of each feature; for images that is the mean image.

    Averages over the training split, pixel by pixel: what all examples have in common is taken away.

    Formula: z = x - \bar x, \qquad \bar x_j = \frac1n \sum_i x_{ij}

    Use: Images, whose values all have one unit; the least that any input needs.

    Trouble: Features of very different size stay so: standardize tables.

    Source: LeCun, Bottou, Orr and Müller, Efficient BackProp, 1998.
    """

    scales_inputs: ClassVar[bool] = True
    kind: Literal["center"] = "center"

    def fit(self, x: np.ndarray) -> Map:
        mean = moments(x)[0][0]
        return lambda z: (z - mean).astype(z.dtype)
