from __future__ import annotations

from typing import ClassVar, Literal

from torch import nn

from engine.losses import Loss


class MSE(Loss):
    """Mean squared error: mean of (output − target)²; the target's variance for the best constant.

    Source: Bishop, Pattern recognition and machine learning, 2006, section 1.1.
    """

    rank: ClassVar[int] = 1
    kind: Literal["mse"] = "mse"

    def build(self) -> nn.Module:
        return nn.MSELoss()
