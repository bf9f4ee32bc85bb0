from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor, nn

from engine.catalogue.part import hparam
from engine.parts.optimizers import Optimizer, UpdateRule


class RMSPropInner(Optimizer):
    r"""RMSProp with ε inside the root: v ← β₂v + (1 − β₂)g², w ← w − αg / √(v + ε); bias-corrected: v / (1 − β₂ᵗ).

    Beside √v + ε this acts like the root of ε: the default 10⁻⁸ keeps the divisor above 10⁻⁴. v starts at zero and is
    too small at first: without correction the first step is 1 / √(1 − β₂) times too long, ten times for β₂ = 0.99.

    Formula: v_t = \beta_2 v_{t-1} + (1 - \beta_2)\,g_t^2, \qquad w_t = w_{t-1} - \alpha\,\frac{g_t}{\sqrt{v_t +
    \varepsilon}} ; \qquad \hat v_t = \frac{v_t}{1 - \beta_2^t}

    Difference: ε inside the root, β₂ for ρ; bias correction can be chosen, torch's has none.

    Use: The form of many courses, with ε inside the root; and to see what bias correction does in the first steps.

    Trouble: Without correction the first steps may throw the weights far off; compare the first ten steps with and
    without.

    Source: Tieleman and Hinton, Lecture 6.5, Neural networks for machine learning, 2012; in this form: Vera, Redes
    neuronales, lecture.
    """

    rank: ClassVar[int] = 13
    scratch: ClassVar[tuple[float, float]] = (1, 0)
    kind: Literal["rmsprop_inner"] = "rmsprop_inner"
    lr: float = hparam(0.003, "Learning rate α.", gt=0, le=100, log=True, live=True)
    beta2: float = hparam(0.99, "Share of the old mean square that is kept, β₂.", ge=0, lt=1, live=True)
    eps: float = hparam(1e-8, "Under the root; its root bounds the divisor from below, ε.", gt=0, le=1e-2, log=True)
    bias_correction: bool = hparam(False, "Divide the mean square by 1 − β₂ᵗ, so that it is not too small at first.")

    def build(self, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
        return RMSPropInnerUpdate(parameters, self.settings)

    def count_state(self, dims: int = 2) -> int:
        return 1

    @property
    def settings(self) -> dict[str, Any]:
        return {"lr": self.lr, "beta2": self.beta2, "eps": self.eps, "bias_correction": self.bias_correction}


class RMSPropInnerUpdate(UpdateRule):
    """The formula above."""

    state_names = ("square",)

    def update_(
        self, group: dict[str, Any], weights: list[Tensor], gradients: list[Tensor], *state: list[Tensor]
    ) -> None:
        (squares,) = state
        beta = group["beta2"]
        torch._foreach_mul_(squares, beta)
        torch._foreach_addcmul_(squares, gradients, gradients, 1 - beta)
        # the mean square starts at 0: after t steps the weights of its squares sum to 1 − βᵗ instead of 1
        correction = 1 - beta ** group["steps"] if group["bias_correction"] else 1.0
        roots = torch._foreach_div(squares, correction)
        torch._foreach_add_(roots, group["eps"])
        torch._foreach_sqrt_(roots)
        torch._foreach_addcdiv_(weights, gradients, roots, -group["lr"])
