from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor, nn

from engine.catalogue.part import hparam
from engine.parts.optimizers import Optimizer, UpdateRule


class AdagradInner(Optimizer):
    r"""Adagrad with ε inside the root: s ← s + g², w ← w − αg / √(s + ε).

    Beside √s + ε this acts like the root of ε: the default 10⁻⁸ keeps the divisor above 10⁻⁴, so weights whose
    gradients stay under 10⁻⁴ take shorter steps than Adagrad's. For larger gradients the two are the same.

    Formula: s_t = s_{t-1} + g_t^2, \qquad w_t = w_{t-1} - \alpha\,\frac{g_t}{\sqrt{s_t + \varepsilon}}

    Difference: ε inside the root: the divisor never falls below √ε = 10⁻⁴; torch adds ε = 10⁻¹⁰ outside.

    Use: The form of many courses, with ε inside the root; else as Adagrad.

    Trouble: s only grows, so in long runs the steps die out: RMSProp forgets.

    Source: Duchi, Hazan and Singer, Adaptive subgradient methods, 2011; in this form: Vera, Redes neuronales, lecture.
    """

    rank: ClassVar[int] = 12
    scratch: ClassVar[tuple[float, float]] = (1, 0)
    kind: Literal["adagrad_inner"] = "adagrad_inner"
    lr: float = hparam(0.05, "Learning rate α.", gt=0, le=100, log=True, live=True)
    eps: float = hparam(1e-8, "Under the root; its root bounds the divisor from below, ε.", gt=0, le=1e-2, log=True)

    def build(self, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
        return AdagradInnerUpdate(parameters, self.settings)

    def count_state(self, dims: int = 2) -> int:
        return 1

    @property
    def settings(self) -> dict[str, Any]:
        return {"lr": self.lr, "eps": self.eps}


class AdagradInnerUpdate(UpdateRule):
    """The formula above."""

    state_names = ("sum",)

    def update_(
        self, group: dict[str, Any], weights: list[Tensor], gradients: list[Tensor], *state: list[Tensor]
    ) -> None:
        (sums,) = state
        torch._foreach_addcmul_(sums, gradients, gradients)
        roots = torch._foreach_add(sums, group["eps"])  # ε before the root: that is the whole difference to torch's
        torch._foreach_sqrt_(roots)
        torch._foreach_addcdiv_(weights, gradients, roots, -group["lr"])
