from __future__ import annotations

import math
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from engine.parts.activations import Activation

MAX_SLOPE = 1.1289042  # f′ at x = √2


class GELU(Activation):
    r"""GELU: f(x) = x · Φ(x), with Φ the standard normal distribution function.

    Smooth like SiLU, and nearer to ReLU: it weighs x by the share of normal numbers that lie below it.

    Formula: f(x) = x\,\Phi(x), \qquad f'(x) = \Phi(x) + x\,\varphi(x), \quad \varphi(x) =
    \tfrac{1}{\sqrt{2\pi}}\,e^{-x^2/2}

    Use: Networks with attention, where it is the custom, and anywhere in place of SiLU.

    Trouble: Like SiLU it dips below zero, and far below zero hardly any gradient is left.

    Source: Hendrycks and Gimpel, Gaussian error linear units, 2016.
    """

    rank: ClassVar[int] = 6
    kind: Literal["gelu"] = "gelu"

    def build(self) -> nn.Module:
        return nn.GELU()  # with Φ itself, not its tanh approximation

    def compute_relative_slope(self, x: Tensor, module: nn.Module) -> Tensor:
        cdf = (1 + torch.erf(x / math.sqrt(2))) / 2  # Φ(x)
        return (cdf + x * (-(x**2) / 2).exp() / math.sqrt(2 * math.pi)) / MAX_SLOPE
