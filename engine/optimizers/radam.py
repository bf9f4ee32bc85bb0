from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Literal

import torch
from torch import nn

from engine.optimizers import Optimizer
from engine.parts import hparam


class RAdam(Optimizer):
    """RAdam: Adam, without the division by √v̂ while too few gradients are in v for its variance to be bounded.

    The first five steps or so are plain averaged momentum, the next ones Adam's times a factor that rises to one: a
    warm-up whose length nobody has to choose.

    Source: Liu et al., On the variance of the adaptive learning rate and beyond, 2020.
    """

    rank: ClassVar[int] = 6
    kind: Literal["radam"] = "radam"
    lr: float = hparam(0.003, "Learning rate α.", gt=0, le=100, log=True, live=True)
    momentum: float = hparam(0.9, "Share of the old mean gradient that is kept, β₁.", ge=0, lt=1, live=True)
    beta2: float = hparam(0.999, "Share of the old mean square that is kept, β₂.", ge=0, lt=1, live=True)
    eps: float = hparam(1e-8, "Keeps the division finite, ε.", gt=0, le=1e-2, log=True)

    def build(self, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
        return torch.optim.RAdam(parameters, **self.settings(), foreach=True)

    def kept(self) -> int:
        return 2

    def settings(self) -> dict[str, Any]:
        return {"lr": self.lr, "betas": (self.momentum, self.beta2), "eps": self.eps}
