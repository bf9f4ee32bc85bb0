from __future__ import annotations

from typing import ClassVar, Literal

from torch import nn

from engine.activations import Activation


class ReLU(Activation):
    """ReLU: f(x) = max(0, x).

    Does not saturate for positive inputs; a unit that is negative for every example is dead and stays so.

    Source: Nair and Hinton, Rectified linear units improve restricted Boltzmann machines, 2010.
    """

    rank: ClassVar[int] = 0
    kind: Literal["relu"] = "relu"

    def build(self) -> nn.Module:
        return nn.ReLU()
