from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, ClassVar, Literal

import torch
from torch import nn

from engine.catalogue.part import hparam
from engine.parts.optimizers import Optimizer


class RMSProp(Optimizer):
    r"""RMSProp: s ← ρs + (1 − ρ)g², w ← w − αg / (√s + ε), optionally with momentum.

    Adagrad that forgets: the rate recovers when gradients become small.

    Formula: s \leftarrow \rho s + (1 - \rho)\,g^2, \qquad w \leftarrow w - \alpha\,\frac{g}{\sqrt{s} + \varepsilon}

    Difference: Adam without averaging the gradient and without bias correction; ε outside the root.

    Use: Recurrent networks and small batches, where gradients change their size in the course of a run.

    Trouble: s starts at zero: the first step is 1 / √(1 − ρ) times too long, ten times for ρ = 0.99.

    Source: Tieleman and Hinton, Lecture 6.5, Neural networks for machine learning, 2012.
    """

    rank: ClassVar[int] = 4
    scratch: ClassVar[tuple[float, float]] = (1, 0)
    kind: Literal["rmsprop"] = "rmsprop"
    lr: float = hparam(0.003, "Learning rate α.", gt=0, le=100, log=True, live=True)
    decay: float = hparam(0.99, "Share of the old mean square that is kept, ρ.", ge=0, lt=1, live=True)
    momentum: float = hparam(0.0, "Share of the last step that is kept, μ.", ge=0, lt=1, live=True)
    eps: float = hparam(1e-8, "Keeps the division finite, ε.", gt=0, le=1e-2, log=True)

    def build(self, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
        return LateMomentumRMSprop(parameters, **self.settings, foreach=True)

    def count_state(self, dims: int = 2) -> int:
        return 1 + int(self.momentum > 0)

    @property
    def settings(self) -> dict[str, Any]:
        return {"lr": self.lr, "alpha": self.decay, "momentum": self.momentum, "eps": self.eps}


class LateMomentumRMSprop(torch.optim.RMSprop):
    """torch's RMSprop whose momentum may be turned on during a run.

    torch creates the momentum buffer of a parameter in its first step, and fails later if momentum was 0 then.
    """

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        for group in self.param_groups:
            for weight in group["params"] if group["momentum"] > 0 else ():
                if weight in self.state:  # the state of a weight that has none yet is left to torch
                    self.state[weight].setdefault("momentum_buffer", torch.zeros_like(weight))
        return super().step(closure)
