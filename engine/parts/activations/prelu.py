from __future__ import annotations

from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from engine.catalogue.part import hparam
from engine.parts.activations import Activation


class PReLU(Activation):
    r"""PReLU: f(x) = x for x > 0, else a · x, with the slope a learned.

    One slope for the whole layer, and so one parameter more. L1 and L2 leave it alone: pulled to zero, it would be
    ReLU again.

    Formula: f(x) = \begin{cases} x & x > 0 \\ a\,x & x \le 0 \end{cases}, \qquad \frac{\partial f}{\partial a} =
    \min(0, x)

    Use: When the best slope of Leaky ReLU is not known: the network finds one for each layer.

    Trouble: On little data the slope is one more thing to fit; if it ends near 1 the layer has become linear.

    Source: He, Zhang, Ren and Sun, Delving deep into rectifiers, 2015.
    """

    rank: ClassVar[int] = 3
    kind: Literal["prelu"] = "prelu"
    slope: float = hparam(0.25, "Slope for negative inputs before training.", ge=0, le=1)

    def build(self) -> nn.Module:
        return nn.PReLU(init=self.slope)

    def reset(self, module: nn.Module) -> None:
        assert isinstance(module, nn.PReLU)
        module.reset_parameters()  # to `init`, which the module remembers

    def compute_relative_slope(self, x: Tensor, module: nn.Module) -> Tensor:
        assert isinstance(module, nn.PReLU)
        slope = module.weight  # (1,), which may have become negative or steeper than 1
        return torch.where(x > 0, 1.0, slope).to(x.dtype) / slope.abs().clamp_min(1.0)
