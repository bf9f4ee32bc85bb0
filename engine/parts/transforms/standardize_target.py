from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from engine.parts.transforms import Map, Transform, standardizer


class StandardizeTarget(Transform):
    r"""Standardize target: (y − mean) / standard deviation of what a regression has to predict.

    R² does not change; the loss is then in units of the target's variance. Classes are left alone.

    Formula: z = \frac{y - \bar y}{\sigma_y}

    Use: Regression whose target is far from zero or much larger than one, such as diabetes.

    Trouble: The loss is then in units of the target's variance: multiply by σ² to compare it with other runs.

    Source: Bishop, Neural networks for pattern recognition, 1995, section 8.2.
    """

    acts_on: ClassVar[Literal["inputs", "target"]] = "target"
    is_usual: ClassVar[bool] = True
    kind: Literal["standardize_target"] = "standardize_target"

    def fit(self, x: np.ndarray) -> Map:
        return standardizer(x)
