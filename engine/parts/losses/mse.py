from __future__ import annotations

from typing import ClassVar, Literal

from torch import Tensor, nn

from engine.examples import Task
from engine.message import Message
from engine.parts.losses import Loss, LossAtZero


class MSE(Loss):
    r"""Mean squared error: mean of (output − target)²; the target's variance for the best constant.

    Formula: L = \frac{1}{B\,m} \sum_{i,j} (\hat y_{ij} - y_{ij})^2

    Use: Regression with errors that are about normal; the best answer is the mean.

    Trouble: An error ten times as large counts a hundred times as much: with outliers look at Huber. Targets of
    thousands make gradients of thousands: standardize the target.

    Source: Bishop, Pattern recognition and machine learning, 2006, section 1.1.
    """

    rank: ClassVar[int] = 1
    default_for: ClassVar[tuple[Task, ...]] = ("regression",)
    kind: Literal["mse"] = "mse"

    def build(self) -> nn.Module:
        return nn.MSELoss()

    def evaluate_at_zero(self, targets: Tensor) -> LossAtZero:
        value, variance = float((targets**2).mean()), float(targets.var(0, correction=0).mean())
        reason = Message("mean of y² = {value}, of which the variance of y is {spread}", value=value, spread=variance)
        return LossAtZero(value, reason)
