from __future__ import annotations

from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from engine.catalogue.part import hparam
from engine.message import Message
from engine.parts.losses import Loss, LossAtZero


class Huber(Loss):
    r"""Huber: e² / 2 for an error |e| ≤ δ, δ(|e| − δ / 2) beyond, so that outliers pull with a bounded force.

    Formula: \ell(e) = \begin{cases} \tfrac12 e^2 & |e| \le \delta \\ \delta\,(|e| - \tfrac12 \delta) & |e| > \delta
    \end{cases}

    Use: Regression with a few outliers: smooth near the goal like the squared error, bounded far off like the absolute
    one.

    Trouble: δ is in the target's units: much too large it is the squared error again, much too small the absolute one,
    times δ.

    Source: Huber, Robust estimation of a location parameter, 1964.
    """

    rank: ClassVar[int] = 3
    kind: Literal["huber"] = "huber"
    delta: float = hparam(1.0, "Where the square turns into a straight line, δ.", gt=0, le=100, log=True)

    def build(self) -> nn.Module:
        return nn.HuberLoss(delta=self.delta)

    def evaluate_at_zero(self, targets: Tensor) -> LossAtZero:
        size = targets.abs()  # (examples, outputs), the errors of outputs that are 0
        value = float(torch.where(size <= self.delta, size**2 / 2, self.delta * (size - self.delta / 2)).mean())
        return LossAtZero(value, Message("mean of the Huber loss of y = {value}", value=value))
