from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Literal

import torch
from torch import nn

from engine.catalogue.part import hparam
from engine.parts.optimizers import Optimizer


class Adadelta(Optimizer):
    r"""Adadelta: v ← ρv + (1 − ρ)g², d = g √(u + ε) / √(v + ε), u ← ρu + (1 − ρ)d², w ← w − αd.

    The steps get their size from the steps before, not from a rate: α is 1 in the paper. It starts slowly, for u is
    zero at first and ε sets the pace.

    Formula: v \leftarrow \rho v + (1 - \rho)\,g^2, \quad d = \frac{\sqrt{u + \varepsilon}}{\sqrt{v + \varepsilon}}\,g,
    \quad u \leftarrow \rho u + (1 - \rho)\,d^2, \qquad w \leftarrow w - \alpha d

    Difference: RMSProp with a rate it makes itself, from the size of its own steps.

    Use: When no rate can be guessed at all.

    Trouble: Its pace in the first epochs is set by ε: with 10⁻⁶ hardly anything moves; the rate α does not make up for
    a wrong ε.

    Source: Zeiler, ADADELTA, 2012.
    """

    rank: ClassVar[int] = 7
    scratch: ClassVar[tuple[float, float]] = (2, 0)
    kind: Literal["adadelta"] = "adadelta"
    lr: float = hparam(1.0, "Learning rate α.", gt=0, le=100, log=True, live=True)
    decay: float = hparam(0.9, "Share of the old mean square that is kept, ρ.", ge=0, lt=1, live=True)
    eps: float = hparam(1e-6, "Keeps the division finite and sets the first steps, ε.", gt=0, le=1e-2, log=True)

    def build(self, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
        return torch.optim.Adadelta(parameters, **self.settings, foreach=True)

    def count_state(self, dims: int = 2) -> int:
        return 2

    @property
    def settings(self) -> dict[str, Any]:
        return {"lr": self.lr, "rho": self.decay, "eps": self.eps}
