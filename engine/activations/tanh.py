from __future__ import annotations

from typing import ClassVar, Literal

from torch import Tensor, nn

from engine.activations import Activation


class Tanh(Activation):
    """Tanh: f(x) = (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ), f′ = 1 − f².

    Centered on zero, with flat ends in which no gradient passes.

    Source: LeCun, Bottou, Orr and Müller, Efficient BackProp, 1998.
    """

    rank: ClassVar[int] = 1
    kind: Literal["tanh"] = "tanh"

    def build(self) -> nn.Module:
        return nn.Tanh()

    def saturated(self, outputs: Tensor) -> Tensor:
        return 1 - outputs * outputs < 0.05
