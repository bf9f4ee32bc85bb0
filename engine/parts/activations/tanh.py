from __future__ import annotations

import math
from typing import ClassVar, Literal

from torch import Tensor, nn

from engine.parts.activations import SATURATION, Activation

SATURATED_FROM = math.atanh(math.sqrt(1 - SATURATION))  # from here on 1 − tanh²(x) < 0.05


class Tanh(Activation):
    r"""Tanh: f(x) = (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ), f′ = 1 − f².

    Centered on zero, with flat ends in which no gradient passes.

    Formula: f(x) = \frac{e^{x} - e^{-x}}{e^{x} + e^{-x}}, \qquad f'(x) = 1 - f(x)^2 \le 1

    Use: Small networks and recurrent ones, where outputs should be bounded and centered; start it with Glorot's
    initializer.

    Trouble: In deep stacks a signal that is too large lands on the flat ends, where the gradient vanishes; watch the
    share of saturated outputs.

    Source: LeCun, Bottou, Orr and Müller, Efficient BackProp, 1998.
    """

    rank: ClassVar[int] = 1
    two_sided: ClassVar[bool] = True
    kind: Literal["tanh"] = "tanh"

    def build(self) -> nn.Module:
        return nn.Tanh()

    def compute_relative_slope(self, x: Tensor, module: nn.Module) -> Tensor:
        return 1 - x.tanh() ** 2

    def find_saturated(self, x: Tensor, module: nn.Module) -> Tensor:
        return x.abs() > SATURATED_FROM  # not by the slope: this runs in every frame
