from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Literal

import torch
from torch import nn

from engine.catalogue.part import hparam
from engine.parts.optimizers import Optimizer


class SGD(Optimizer):
    r"""SGD, with classical or Nesterov momentum: v ← μv + g, w ← w − αv; Nesterov: w ← w − α(g + μv).

    With momentum μ the steps add up to α / (1 − μ) times the gradient where it stays the same.

    Formula: v \leftarrow \mu v + g, \qquad w \leftarrow w - \alpha v; \qquad \text{Nesterov:}\quad w \leftarrow w -
    \alpha\,(g + \mu v)

    Difference: torch's momentum adds whole gradients: effective rate α / (1 − μ). The averaged form has α itself.

    Use: The plain measure for all others; with momentum 0.9 and a falling rate it still wins on many image networks.

    Trouble: One rate for all weights: in a ravine it either zigzags or crawls. Turning momentum up to μ without
    lowering α makes the steps 1 / (1 − μ) times longer.

    Source: Sutskever, Martens, Dahl and Hinton, On the importance of initialization and momentum, 2013.
    """

    rank: ClassVar[int] = 0
    kind: Literal["sgd"] = "sgd"
    lr: float = hparam(0.03, "Learning rate α.", gt=0, le=100, log=True, live=True)
    momentum: float = hparam(0.0, "Share of the last step that is kept, μ.", ge=0, lt=1, live=True)
    nesterov: bool = hparam(False, "Look ahead: Nesterov's form of momentum.")

    def build(self, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
        return torch.optim.SGD(parameters, lr=self.lr, momentum=self.momentum, fused=True)

    @property
    def is_gradient_descent(self) -> bool:
        return self.momentum == 0

    def count_state(self, dims: int = 2) -> int:
        return int(self.momentum > 0)

    @property
    def settings(self) -> dict[str, Any]:
        # torch refuses Nesterov without momentum; with μ = 0 the two are the same step
        return {"lr": self.lr, "momentum": self.momentum, "nesterov": self.nesterov and self.momentum > 0}
