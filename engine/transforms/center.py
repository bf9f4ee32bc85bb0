from __future__ import annotations

from typing import Literal

import numpy as np

from engine.transforms import Map, Transform


class Center(Transform):
    """Center: x − mean of each feature; for images that is the mean image.

    Averages over the training split, pixel by pixel: what all examples have in common is taken away.

    Source: LeCun, Bottou, Orr and Müller, Efficient BackProp, 1998.
    """

    kind: Literal["center"] = "center"

    def fit(self, x: np.ndarray) -> Map:
        mean = x.mean(0, dtype=np.float64)
        return lambda z: (z - mean).astype(np.float32)
