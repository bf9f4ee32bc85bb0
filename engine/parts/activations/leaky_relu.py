from __future__ import annotations

from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from engine.catalogue.part import hparam
from engine.parts.activations import Activation


class LeakyReLU(Activation):
    r"""Leaky ReLU: f(x) = x for x > 0, else slope · x.

    The small slope keeps a gradient for negative inputs, so units cannot die.

    Formula: f(x) = \begin{cases} x & x > 0 \\ a\,x & x \le 0 \end{cases}, \qquad f'(x) \in \{1, a\}

    Use: In place of ReLU when many units die, as under large learning rates or bad starts.

    Trouble: A slope near 1 makes the layer nearly linear, and depth then adds nothing.

    Source: Maas, Hannun and Ng, Rectifier nonlinearities improve neural network acoustic models, 2013.
    """

    rank: ClassVar[int] = 3
    kind: Literal["leaky_relu"] = "leaky_relu"
    slope: float = hparam(0.01, "Slope for negative inputs.", ge=0, le=1)

    def build(self) -> nn.Module:
        return nn.LeakyReLU(self.slope)

    def compute_relative_slope(self, x: Tensor, module: nn.Module) -> Tensor:
        return torch.where(x > 0, 1.0, self.slope).to(x.dtype)  # at most 1
