from __future__ import annotations

import math
from typing import ClassVar, Literal

from torch import Tensor, nn

from engine.parts.activations import SATURATION, Activation

SATURATED_FROM = 2 * math.atanh(math.sqrt(1 - SATURATION))  # from here on 4f(1 − f) = 1 − tanh²(x / 2) < 0.05


class Sigmoid(Activation):
    r"""Sigmoid: f(x) = 1 / (1 + e⁻ˣ), f′ = f(1 − f) ≤ 1/4.

    In each layer f′ alone multiplies the gradient by at most 1/4. Weights would have to be large to make up for it, so
    deep stacks hardly learn.

    Formula: f(x) = \frac{1}{1 + e^{-x}}, \qquad f'(x) = f(x)\,\bigl(1 - f(x)\bigr) \le \tfrac14

    Use: Where a number between 0 and 1 is meant, such as a gate or a probability; in hidden layers to see how
    gradients vanish.

    Trouble: Its outputs are all positive, so the gradients of the next layer's weights share a sign; and over ten
    layers f′ alone shrinks a gradient a million times or more.

    Source: Rumelhart, Hinton and Williams, Learning representations by back-propagating errors, 1986.
    """

    rank: ClassVar[int] = 2
    two_sided: ClassVar[bool] = True
    kind: Literal["sigmoid"] = "sigmoid"

    def build(self) -> nn.Module:
        return nn.Sigmoid()

    def compute_relative_slope(self, x: Tensor, module: nn.Module) -> Tensor:
        f = x.sigmoid()
        return 4 * f * (1 - f)

    def find_saturated(self, x: Tensor, module: nn.Module) -> Tensor:
        return x.abs() > SATURATED_FROM  # not by the slope: this runs in every frame
