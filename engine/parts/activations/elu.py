from __future__ import annotations

from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from engine.catalogue.part import hparam
from engine.parts.activations import Activation


class ELU(Activation):
    r"""ELU: f(x) = x for x > 0, else α(eˣ − 1).

    Smooth, with mean outputs nearer to zero than ReLU's; far below zero it saturates at −α.

    Formula: f(x) = \begin{cases} x & x > 0 \\ \alpha\,(e^{x} - 1) & x \le 0 \end{cases}, \qquad f'(x) = \begin{cases}
    1 & x > 0 \\ f(x) + \alpha & x \le 0 \end{cases}

    Use: Deep dense networks without batch normalization, when ReLU's shifted mean slows learning.

    Trouble: Costs an exponential for each number; with α other than 1 its slope jumps at zero.

    Source: Clevert, Unterthiner and Hochreiter, Fast and accurate deep network learning by ELUs, 2016.
    """

    rank: ClassVar[int] = 4
    kind: Literal["elu"] = "elu"
    alpha: float = hparam(1.0, "Depth of the negative end, α.", gt=0, le=10)

    def build(self) -> nn.Module:
        return nn.ELU(self.alpha)

    def compute_relative_slope(self, x: Tensor, module: nn.Module) -> Tensor:
        # just below zero f′ is α, above it 1; where eˣ overflows, x > 0 and the 1 is taken
        return torch.where(x > 0, 1.0, self.alpha * x.exp()).to(x.dtype) / max(1.0, self.alpha)
