from __future__ import annotations

from typing import Literal

import numpy as np

from engine.transforms import Map, Transform, standardizer


class Standardize(Transform):
    """Standardize: (x − mean) / standard deviation of each feature.

    Source: LeCun, Bottou, Orr and Müller, Efficient BackProp, 1998.
    """

    kind: Literal["standardize"] = "standardize"

    def fit(self, x: np.ndarray) -> Map:
        return standardizer(x)
