from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Literal

import torch
from torch import nn

from engine.catalogue.part import hparam
from engine.parts.optimizers import Optimizer


class RAdam(Optimizer):
    r"""RAdam: Adam, without the division by √v̂ while too few gradients are in v for its variance to be bounded.

    The first five steps or so are plain averaged momentum, the next ones Adam's times a factor that rises to one: a
    warm-up whose length nobody has to choose.

    Formula: \rho_t = \rho_\infty - \frac{2t\beta_2^t}{1 - \beta_2^t}, \quad \rho_\infty = \frac{2}{1 - \beta_2} - 1;
    \qquad w \leftarrow w - \alpha\,\hat m \cdot \begin{cases} r_t \sqrt{1 - \beta_2^t} / (\sqrt{v} + \varepsilon) &
    \rho_t > 5 \\ 1 & \rho_t \le 5 \end{cases}, \quad r_t = \sqrt{\frac{(\rho_t - 4)(\rho_t -
    2)\,\rho_\infty}{(\rho_\infty - 4)(\rho_\infty - 2)\,\rho_t}}

    Difference: Adam with a warm-up built in.

    Use: In place of Adam with a warm-up, when nobody wants to choose its length.

    Trouble: Its first steps are proportional to the gradient: with a rate made for Adam they may be tiny or, with huge
    gradients, too long.

    Source: Liu et al., On the variance of the adaptive learning rate and beyond, 2020.
    """

    rank: ClassVar[int] = 6
    scratch: ClassVar[tuple[float, float]] = (1, 0)
    kind: Literal["radam"] = "radam"
    lr: float = hparam(0.003, "Learning rate α.", gt=0, le=100, log=True, live=True)
    momentum: float = hparam(0.9, "β₁ (momentum): share of the old mean gradient that is kept.", ge=0, lt=1, live=True)
    beta2: float = hparam(0.999, "Share of the old mean square that is kept, β₂.", ge=0, lt=1, live=True)
    eps: float = hparam(1e-8, "Keeps the division finite, ε.", gt=0, le=1e-2, log=True)

    def build(self, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
        return torch.optim.RAdam(parameters, **self.settings, foreach=True)

    def count_state(self, dims: int = 2) -> int:
        return 2

    @property
    def settings(self) -> dict[str, Any]:
        return {"lr": self.lr, "betas": (self.momentum, self.beta2), "eps": self.eps}
