from __future__ import annotations

from typing import ClassVar, Literal

from torch import nn

from engine.activations import Activation


class SiLU(Activation):
    """SiLU: f(x) = x · σ(x), also called Swish.

    Close to ReLU, smooth, and slightly below zero for small negative inputs.

    Source: Ramachandran, Zoph and Le, Searching for activation functions, 2017.
    """

    rank: ClassVar[int] = 5
    kind: Literal["silu"] = "silu"

    def build(self) -> nn.Module:
        return nn.SiLU()
