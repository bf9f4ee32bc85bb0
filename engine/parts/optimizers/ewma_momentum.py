from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor, nn

from engine.catalogue.part import hparam
from engine.parts.optimizers import Optimizer, UpdateRule


class EwmaMomentum(Optimizer):
    r"""Averaged momentum: m ← β₁m + (1 − β₁)g, w ← w − αm; bias-corrected: w ← w − αm / (1 − β₁ᵗ).

    m is an exponentially weighted average of the gradients. The newest enters with (1 − β₁), so the rate that it sees
    is α(1 − β₁): with β₁ = 0.9 a tenth of α. SGD's momentum adds v ← μv + g without that factor; it takes the same
    path at α(1 − μ). The average starts at zero and is too small in the first 1 / (1 − β₁) steps; divided by 1 − β₁ᵗ
    it is a true average from the first, at a rate that falls from α to α(1 − β₁).

    Formula: m_t = \beta_1 m_{t-1} + (1 - \beta_1)\,g_t, \qquad w_t = w_{t-1} - \alpha\,m_t; \qquad \hat m_t =
    \frac{m_t}{1 - \beta_1^t}

    Difference: The newest gradient enters with α(1 − β₁), a tenth of α for β₁ = 0.9. Same path as SGD's momentum at
    rate α(1 − β₁).

    Use: The form of many courses, which write momentum as an average; and to see what bias correction does in the first
    steps.

    Trouble: Taken for SGD's momentum it seems ten times too slow: with β₁ = 0.9 multiply α by ten.

    Source: Polyak, Some methods of speeding up the convergence of iteration methods, 1964; in this form: Vera, Redes
    neuronales, lecture.
    """

    rank: ClassVar[int] = 10
    kind: Literal["ewma_momentum"] = "ewma_momentum"
    lr: float = hparam(0.3, "Learning rate α; the newest gradient sees α(1 − β₁).", gt=0, le=100, log=True, live=True)
    momentum: float = hparam(0.9, "β₁ (momentum): share of the old mean gradient that is kept.", ge=0, lt=1, live=True)
    bias_correction: bool = hparam(False, "Divide the mean by 1 − β₁ᵗ, so that it is not too small at first.")

    def build(self, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
        return EwmaMomentumUpdate(parameters, self.settings)

    def count_state(self, dims: int = 2) -> int:
        return 1

    @property
    def settings(self) -> dict[str, Any]:
        return {"lr": self.lr, "momentum": self.momentum, "bias_correction": self.bias_correction}


class EwmaMomentumUpdate(UpdateRule):
    """The formula above."""

    state_names = ("mean",)

    def update_(
        self, group: dict[str, Any], weights: list[Tensor], gradients: list[Tensor], *state: list[Tensor]
    ) -> None:
        (means,) = state
        beta = group["momentum"]
        torch._foreach_lerp_(means, gradients, 1 - beta)
        # the mean starts at 0: after t steps the weights of its gradients sum to 1 − βᵗ instead of 1
        correction = 1 - beta ** group["steps"] if group["bias_correction"] else 1.0
        torch._foreach_add_(weights, means, alpha=-group["lr"] / correction)
