from __future__ import annotations

from typing import ClassVar, Literal

from torch import Tensor, nn

from engine.activations import Activation


class Sigmoid(Activation):
    """Sigmoid: f(x) = 1 / (1 + e⁻ˣ), f′ = f(1 − f) ≤ 1/4.

    Each layer shrinks the gradient by at least four, so deep stacks of it hardly learn.

    Source: Rumelhart, Hinton and Williams, Learning representations by back-propagating errors, 1986.
    """

    rank: ClassVar[int] = 2
    kind: Literal["sigmoid"] = "sigmoid"

    def build(self) -> nn.Module:
        return nn.Sigmoid()

    def saturated(self, outputs: Tensor) -> Tensor:
        return outputs * (1 - outputs) < 0.05 * 0.25
