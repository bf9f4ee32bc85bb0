from __future__ import annotations

from typing import ClassVar, Literal

from torch import Tensor, nn

from engine.parts.activations import Activation


class Softplus(Activation):
    r"""Softplus: f(x) = ln(1 + eˣ), f′ = σ(x).

    ReLU with its corner rounded off; never zero, so its mean lies above zero, and flat far below zero.

    Formula: f(x) = \ln(1 + e^{x}), \qquad f'(x) = \sigma(x)

    Use: Where an output has to be positive and smooth, such as a variance or a rate.

    Trouble: In hidden layers its positive mean adds up from layer to layer; ReLU is faster and usually better.

    Source: Dugas, Bengio, Bélisle, Nadeau and Garcia, Incorporating second-order functional knowledge, 2001.
    """

    rank: ClassVar[int] = 7
    kind: Literal["softplus"] = "softplus"

    def build(self) -> nn.Module:
        return nn.Softplus()  # beyond 20 torch takes x itself: ln(1 + e⁻ˣ) is lost in float32

    def compute_relative_slope(self, x: Tensor, module: nn.Module) -> Tensor:
        return x.sigmoid()
