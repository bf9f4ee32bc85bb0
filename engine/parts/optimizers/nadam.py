from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Literal

import torch
from torch import nn

from engine.catalogue.part import hparam
from engine.parts.optimizers import Optimizer


class NAdam(Optimizer):
    r"""NAdam: Adam, whose numerator looks one step ahead, μₜ₊₁m / (1 − Πμ) + (1 − μₜ)g / (1 − Πμ).

    μ grows towards β₁ in the course of the run, μₜ = β₁(1 − 0.96^(tψ) / 2). Usually a little faster than Adam.

    Formula: w \leftarrow w - \frac{\alpha}{\sqrt{\hat v} + \varepsilon} \left( \frac{\mu_{t+1}\, m}{1 - \prod_{i \le
    t+1} \mu_i} + \frac{(1 - \mu_t)\, g}{1 - \prod_{i \le t} \mu_i} \right), \qquad \mu_t = \beta_1 \left( 1 -
    \tfrac12\, 0.96^{t\psi} \right)

    Difference: Adam whose mean gradient looks one step ahead.

    Use: In place of Adam when a little more speed is wanted.

    Trouble: As Adam; the look-ahead helps little when batches are so small that the mean gradient is mostly noise.

    Source: Dozat, Incorporating Nesterov momentum into Adam, 2016.
    """

    rank: ClassVar[int] = 5
    scratch: ClassVar[tuple[float, float]] = (1, 0)
    kind: Literal["nadam"] = "nadam"
    lr: float = hparam(0.003, "Learning rate α.", gt=0, le=100, log=True, live=True)
    momentum: float = hparam(0.9, "β₁ (momentum): share of the old mean gradient that is kept.", ge=0, lt=1, live=True)
    beta2: float = hparam(0.999, "Share of the old mean square that is kept, β₂.", ge=0, lt=1, live=True)
    eps: float = hparam(1e-8, "Keeps the division finite, ε.", gt=0, le=1e-2, log=True)
    momentum_decay: float = hparam(0.004, "How fast μ reaches β₁, ψ.", ge=0, le=1, log=True)

    def build(self, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
        return torch.optim.NAdam(parameters, **self.settings, foreach=True)

    def count_state(self, dims: int = 2) -> int:
        return 2

    @property
    def settings(self) -> dict[str, Any]:
        betas = (self.momentum, self.beta2)
        return {"lr": self.lr, "betas": betas, "eps": self.eps, "momentum_decay": self.momentum_decay}
