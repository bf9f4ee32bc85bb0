from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Literal

import torch
from torch import nn

from engine.catalogue.part import hparam
from engine.parts.optimizers import Optimizer


class Adagrad(Optimizer):
    r"""Adagrad: s ← s + g², w ← w − αg / (√s + ε).

    Each weight has its own rate, which only ever falls.

    Formula: s \leftarrow s + g^2, \qquad w \leftarrow w - \alpha\,\frac{g}{\sqrt{s} + \varepsilon}

    Difference: Divides by the root of the sum of all squares so far; ε outside the root.

    Use: Rare features, such as words: weights that seldom get a gradient keep a large rate.

    Trouble: s only grows, so in long runs the steps die out, far from the goal or not: RMSProp forgets.

    Source: Duchi, Hazan and Singer, Adaptive subgradient methods, 2011.
    """

    rank: ClassVar[int] = 3
    scratch: ClassVar[tuple[float, float]] = (2, 0)
    kind: Literal["adagrad"] = "adagrad"
    lr: float = hparam(0.05, "Learning rate α.", gt=0, le=100, log=True, live=True)
    eps: float = hparam(1e-10, "Keeps the division finite, ε.", gt=0, le=1e-2, log=True)

    def build(self, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
        return torch.optim.Adagrad(parameters, lr=self.lr, eps=self.eps, foreach=True)

    def count_state(self, dims: int = 2) -> int:
        return 1

    @property
    def settings(self) -> dict[str, Any]:
        return {"lr": self.lr, "eps": self.eps}
