from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from engine.parts.transforms import ROUNDING, Map, Transform


class MinMax(Transform):
    r"""Min-max: (x − min) / (max − min) of each feature, so that the training split lies between 0 and 1.

    Other splits may stick out a little. One outlier presses all the rest together. A feature that does not vary
    becomes x − min.

    Formula: z = \frac{x - \min x}{\max x - \min x} \in [0, 1]

    Use: Features with real limits, such as pixel values or shares.

    Trouble: One outlier presses everything else into a corner, and inputs that are never negative slow the first layer
    down.

    Source: Han, Kamber and Pei, Data mining: concepts and techniques, 2011, section 3.5.
    """

    scales_inputs: ClassVar[bool] = True
    kind: Literal["min_max"] = "min_max"

    def fit(self, x: np.ndarray) -> Map:
        low, high = (edge(x, 0).astype(np.float64) for edge in (np.min, np.max))
        varies = high - low > ROUNDING * np.maximum(np.abs(low), np.abs(high))
        scale = np.where(varies, high - low, 1)
        return lambda z: ((z - low) / scale).astype(z.dtype)
