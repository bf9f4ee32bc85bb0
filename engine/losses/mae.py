from __future__ import annotations

from typing import ClassVar, Literal

from torch import nn

from engine.losses import Loss


class MAE(Loss):
    """Mean absolute error: mean of |output − target|, whose best constant is the median.

    Source: Hastie, Tibshirani and Friedman, The elements of statistical learning, 2009, section 10.6.
    """

    rank: ClassVar[int] = 2
    kind: Literal["mae"] = "mae"

    def build(self) -> nn.Module:
        return nn.L1Loss()
