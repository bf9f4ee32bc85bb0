from __future__ import annotations

from typing import ClassVar, Literal

from torch import nn

from engine.activations import Activation


class GELU(Activation):
    """GELU: f(x) = x · Φ(x), with Φ the standard normal distribution function.

    Smooth like SiLU, and nearer to ReLU: it weighs x by the share of normal numbers that lie below it.

    Source: Hendrycks and Gimpel, Gaussian error linear units, 2016.
    """

    rank: ClassVar[int] = 6
    kind: Literal["gelu"] = "gelu"

    def build(self) -> nn.Module:
        return nn.GELU()
