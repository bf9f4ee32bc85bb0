from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Literal

import torch
from torch import nn

from engine.catalogue.part import hparam
from engine.parts.optimizers import Optimizer


class Adamax(Optimizer):
    r"""Adamax: m ← β₁m + (1 − β₁)g, u ← max(β₂u, |g| + ε), w ← w − αm̂ / u.

    Adam with the largest recent gradient in place of the root mean square: no step is longer than about α.

    Formula: u \leftarrow \max(\beta_2 u, |g| + \varepsilon), \qquad w \leftarrow w - \alpha\,\frac{\hat m}{u}

    Difference: Adam with the largest recent gradient in place of the root mean square.

    Use: Gradients with rare large values, as in embeddings.

    Trouble: One huge gradient keeps the steps of its weight short for about 1 / (1 − β₂) steps.

    Source: Kingma and Ba, Adam, 2015, section 7.1.
    """

    rank: ClassVar[int] = 8
    scratch: ClassVar[tuple[float, float]] = (1, 0)
    kind: Literal["adamax"] = "adamax"
    lr: float = hparam(0.003, "Learning rate α.", gt=0, le=100, log=True, live=True)
    momentum: float = hparam(0.9, "β₁ (momentum): share of the old mean gradient that is kept.", ge=0, lt=1, live=True)
    beta2: float = hparam(0.999, "Share of the largest gradient that is kept, β₂.", ge=0, lt=1, live=True)
    eps: float = hparam(1e-8, "Keeps the division finite, ε.", gt=0, le=1e-2, log=True)

    def build(self, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
        return torch.optim.Adamax(parameters, **self.settings, foreach=True)

    def count_state(self, dims: int = 2) -> int:
        return 2

    @property
    def settings(self) -> dict[str, Any]:
        return {"lr": self.lr, "betas": (self.momentum, self.beta2), "eps": self.eps}
