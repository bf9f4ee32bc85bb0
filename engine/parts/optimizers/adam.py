from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Literal

import torch
from torch import nn

from engine.catalogue.part import hparam
from engine.parts.optimizers import Optimizer


class Adam(Optimizer):
    r"""Adam: m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², both bias-corrected, w ← w − αm̂ / (√v̂ + ε).

    The step is about α for every weight whatever the size of its gradient.

    Formula: \begin{aligned} m &\leftarrow \beta_1 m + (1 - \beta_1)\,g & \hat m &= \tfrac{m}{1 - \beta_1^t} \\ v
    &\leftarrow \beta_2 v + (1 - \beta_2)\,g^2 & \hat v &= \tfrac{v}{1 - \beta_2^t} \end{aligned} \qquad w \leftarrow w
    - \alpha\,\frac{\hat m}{\sqrt{\hat v} + \varepsilon}

    Difference: Averaged momentum divided by the root mean square, both bias-corrected; ε outside the root.

    Use: The first choice when little is known; its rate of 0.001 to 0.003 suits most small networks.

    Trouble: The steps stay about α long to the end: let the rate fall. L2 is divided by √v̂ too and acts unevenly:
    take AdamW.

    Source: Kingma and Ba, Adam, 2015.
    """

    rank: ClassVar[int] = 1
    kind: Literal["adam"] = "adam"
    lr: float = hparam(0.003, "Learning rate α.", gt=0, le=100, log=True, live=True)
    momentum: float = hparam(0.9, "β₁ (momentum): share of the old mean gradient that is kept.", ge=0, lt=1, live=True)
    beta2: float = hparam(0.999, "Share of the old mean square that is kept, β₂.", ge=0, lt=1, live=True)
    eps: float = hparam(1e-8, "Keeps the division finite, ε.", gt=0, le=1e-2, log=True)

    def build(self, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
        return torch.optim.Adam(parameters, **self.settings, fused=True)

    def count_state(self, dims: int = 2) -> int:
        return 2

    @property
    def settings(self) -> dict[str, Any]:
        return {"lr": self.lr, "betas": (self.momentum, self.beta2), "eps": self.eps}
