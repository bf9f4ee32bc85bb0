from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor, nn

from engine.catalogue.part import hparam
from engine.parts.optimizers import Optimizer, UpdateRule


class AdamInner(Optimizer):
    r"""Adam with ε inside the root: m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², w ← w − αm̂ / √(v̂ + ε).

    Averaged momentum and RMSProp together, both divided by 1 − βᵗ. Beside Adam's √v̂ + ε this ε acts like its root:
    the default 10⁻⁸ keeps the divisor above 10⁻⁴, so the step is about α only where gradients are larger than that.

    Formula: \begin{aligned} m_t &= \beta_1 m_{t-1} + (1 - \beta_1)\,g_t & \hat m_t &= \tfrac{m_t}{1 - \beta_1^t} \\
    v_t &= \beta_2 v_{t-1} + (1 - \beta_2)\,g_t^2 & \hat v_t &= \tfrac{v_t}{1 - \beta_2^t} \end{aligned} \qquad w_t =
    w_{t-1} - \alpha\,\frac{\hat m_t}{\sqrt{\hat v_t + \varepsilon}}

    Difference: ε inside the root: steps are about α only for gradients over √ε = 10⁻⁴; torch's ε outside lets them be
    so down to 10⁻⁸.

    Use: The form of many courses, with ε inside the root; else as Adam.

    Trouble: Gradients under 10⁻⁴ make steps much shorter than α: lower ε if the gradient norm is so small.

    Source: Kingma and Ba, Adam, 2015; in this form: Vera, Redes neuronales, lecture.
    """

    rank: ClassVar[int] = 14
    scratch: ClassVar[tuple[float, float]] = (1, 0)
    kind: Literal["adam_inner"] = "adam_inner"
    lr: float = hparam(0.003, "Learning rate α.", gt=0, le=100, log=True, live=True)
    momentum: float = hparam(0.9, "β₁ (momentum): share of the old mean gradient that is kept.", ge=0, lt=1, live=True)
    beta2: float = hparam(0.999, "Share of the old mean square that is kept, β₂.", ge=0, lt=1, live=True)
    eps: float = hparam(1e-8, "Under the root; its root bounds the divisor from below, ε.", gt=0, le=1e-2, log=True)

    def build(self, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
        return AdamInnerUpdate(parameters, self.settings)

    def count_state(self, dims: int = 2) -> int:
        return 2

    @property
    def settings(self) -> dict[str, Any]:
        return {"lr": self.lr, "momentum": self.momentum, "beta2": self.beta2, "eps": self.eps}


class AdamInnerUpdate(UpdateRule):
    """The formula above."""

    state_names = ("mean", "square")

    def update_(
        self, group: dict[str, Any], weights: list[Tensor], gradients: list[Tensor], *state: list[Tensor]
    ) -> None:
        means, squares = state
        beta1, beta2, steps = group["momentum"], group["beta2"], group["steps"]
        torch._foreach_lerp_(means, gradients, 1 - beta1)  # m + (1 − β₁)(g − m)
        torch._foreach_mul_(squares, beta2)
        torch._foreach_addcmul_(squares, gradients, gradients, 1 - beta2)
        # both averages start at 0 and are only (1 − βᵗ) of an average at first; the mean's share is in the rate below
        roots = torch._foreach_div(squares, 1 - beta2**steps)
        torch._foreach_add_(roots, group["eps"])
        torch._foreach_sqrt_(roots)
        torch._foreach_addcdiv_(weights, means, roots, -group["lr"] / (1 - beta1**steps))
