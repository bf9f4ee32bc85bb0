from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Literal

import torch
from torch import nn

from engine.catalogue.part import hparam
from engine.parts.optimizers import Optimizer


class AdamW(Optimizer):
    r"""AdamW: Adam, with w ← (1 − αλ)w beside the step instead of λw inside the gradient.

    The decay is then the same for every weight, not divided by the size of its gradients.

    Formula: w \leftarrow (1 - \alpha\lambda)\,w - \alpha\,\frac{\hat m}{\sqrt{\hat v} + \varepsilon}

    Difference: Adam with decoupled decay: every weight shrinks by 1 − αλ, untouched by √v̂.

    Use: Adam with regularization: the usual choice for larger networks.

    Trouble: The decay is multiplied with α: when the rate falls, so does the decay. L2 beside it regularizes twice.

    Source: Loshchilov and Hutter, Decoupled weight decay regularization, 2019.
    """

    rank: ClassVar[int] = 2
    kind: Literal["adamw"] = "adamw"
    lr: float = hparam(0.003, "Learning rate α.", gt=0, le=100, log=True, live=True)
    momentum: float = hparam(0.9, "β₁ (momentum): share of the old mean gradient that is kept.", ge=0, lt=1, live=True)
    beta2: float = hparam(0.999, "Share of the old mean square that is kept, β₂.", ge=0, lt=1, live=True)
    eps: float = hparam(1e-8, "Keeps the division finite, ε.", gt=0, le=1e-2, log=True)
    weight_decay: float = hparam(0.01, "Decoupled weight decay λ.", ge=0, le=1, log=True, live=True)

    def build(self, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
        return torch.optim.AdamW(parameters, **self.settings, fused=True)

    @property
    def decay_per_step(self) -> float:
        return self.lr * self.weight_decay

    def count_state(self, dims: int = 2) -> int:
        return 2

    @property
    def settings(self) -> dict[str, Any]:
        return {"lr": self.lr, "betas": (self.momentum, self.beta2), "eps": self.eps, "weight_decay": self.weight_decay}
