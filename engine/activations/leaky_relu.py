from __future__ import annotations

from typing import ClassVar, Literal

from torch import nn

from engine.activations import Activation
from engine.parts import hparam


class LeakyReLU(Activation):
    """Leaky ReLU: f(x) = x for x > 0, else slope · x.

    The small slope keeps a gradient for negative inputs, so units cannot die.

    Source: Maas, Hannun and Ng, Rectifier nonlinearities improve neural network acoustic models, 2013.
    """

    rank: ClassVar[int] = 3
    kind: Literal["leaky_relu"] = "leaky_relu"
    slope: float = hparam(0.01, "Slope for negative inputs.", ge=0, le=1)

    def build(self) -> nn.Module:
        return nn.LeakyReLU(self.slope)
