from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from engine.parts.transforms import Map, Transform, standardizer


class Standardize(Transform):
    r"""Standardize: (x − mean) / standard deviation of each feature.

    Formula: z_j = \frac{x_j - \bar x_j}{\sigma_j}

    Use: Tables, always: features in years, grams and euros get one size.

    Trouble: The statistics come from the training split alone; taken from all data, they would tell the network about
    the validation split.

    Source: LeCun, Bottou, Orr and Müller, Efficient BackProp, 1998.
    """

    scales_inputs: ClassVar[bool] = True
    is_usual: ClassVar[bool] = True
    kind: Literal["standardize"] = "standardize"

    def fit(self, x: np.ndarray) -> Map:
        return standardizer(x)
