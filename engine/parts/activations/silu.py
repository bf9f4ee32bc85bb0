from __future__ import annotations

from typing import ClassVar, Literal

from torch import Tensor, nn

from engine.parts.activations import Activation

MAX_SLOPE = 1.0998393  # f′ at x = 2.3993573


class SiLU(Activation):
    r"""SiLU: f(x) = x · σ(x), also called Swish.

    Close to ReLU, smooth, and slightly below zero for small negative inputs.

    Formula: f(x) = x\,\sigma(x), \qquad f'(x) = \sigma(x)\,\bigl(1 + x\,(1 - \sigma(x))\bigr)

    Use: Deep networks in which ReLU works and a little more accuracy is worth a little more time.

    Trouble: Not monotonic: two inputs below zero can give the same output; far below zero hardly any gradient is left.

    Source: Ramachandran, Zoph and Le, Searching for activation functions, 2017.
    """

    rank: ClassVar[int] = 5
    kind: Literal["silu"] = "silu"

    def build(self) -> nn.Module:
        return nn.SiLU()

    def compute_relative_slope(self, x: Tensor, module: nn.Module) -> Tensor:
        sigmoid = x.sigmoid()
        return sigmoid * (1 + x * (1 - sigmoid)) / MAX_SLOPE
