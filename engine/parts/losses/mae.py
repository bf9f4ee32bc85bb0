from __future__ import annotations

from typing import ClassVar, Literal

from torch import Tensor, nn

from engine.message import Message
from engine.parts.losses import Loss, LossAtZero


class MAE(Loss):
    r"""Mean absolute error: mean of |output − target|, whose best constant is the median.

    Formula: L = \frac{1}{B\,m} \sum_{i,j} \lvert \hat y_{ij} - y_{ij} \rvert

    Use: Regression with outliers; the best answer is the median.

    Trouble: The gradient has the same size near the goal as far from it: without a falling rate the weights keep
    trembling.

    Source: Hastie, Tibshirani and Friedman, The elements of statistical learning, 2009, section 10.6.
    """

    rank: ClassVar[int] = 2
    kind: Literal["mae"] = "mae"

    def build(self) -> nn.Module:
        return nn.L1Loss()

    def evaluate_at_zero(self, targets: Tensor) -> LossAtZero:
        value = float(targets.abs().mean())
        return LossAtZero(value, Message("mean of |y| = {value}", value=value))
