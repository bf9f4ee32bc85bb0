from __future__ import annotations

from typing import Literal

import numpy as np

from engine.transforms import Map, Transform


class MinMax(Transform):
    """Min-max: (x − min) / (max − min) of each feature, so that the training split lies between 0 and 1.

    Other splits may stick out a little. One outlier presses all the rest together. A feature that does not vary
    becomes x − min.

    Source: Han, Kamber and Pei, Data mining: concepts and techniques, 2011, section 3.5.
    """

    kind: Literal["min_max"] = "min_max"

    def fit(self, x: np.ndarray) -> Map:
        low, high = (edge(x, 0).astype(np.float64) for edge in (np.min, np.max))
        scale = np.where(high > low, high - low, 1)
        return lambda z: ((z - low) / scale).astype(np.float32)
