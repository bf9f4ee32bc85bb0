from __future__ import annotations

from typing import ClassVar, Literal

from torch import nn

from engine.parts.losses import Loss


class MSE(Loss):
    r"""Mean squared error: mean of (output − target)²; the target's variance for the best constant.

    Formula: L = \frac{1}{B\,m} \sum_{i,j} (\hat y_{ij} - y_{ij})^2

    Use: Regression with errors that are about normal; the best answer is the mean.

    Trouble: An error ten times as large counts a hundred times as much: with outliers look at Huber. Targets of
    thousands make gradients of thousands: standardize the target.

    Source: Bishop, Pattern recognition and machine learning, 2006, section 1.1.
    """

    rank: ClassVar[int] = 1
    kind: Literal["mse"] = "mse"

    def build(self) -> nn.Module:
        return nn.MSELoss()
