from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, ClassVar, Literal

import torch
from torch import nn

from engine.catalogue.part import hparam
from engine.parts.optimizers import Optimizer, UpdateRule


class LookaheadNesterov(Optimizer):
    r"""Nesterov at the look-ahead point: g = ∇L(w − αβ₁m), m ← β₁m + (1 − β₁)g, w ← w − αm.

    The weights first go where the old mean would take them; the gradient there says what is wrong with it before it
    is too late. SGD's Nesterov switch keeps the look-ahead point itself as its weights, to need no second place; here
    w is w, the gradient is really taken at the other point, and its newest part enters with α(1 − β₁).

    Formula: g_t = \nabla L\!\left(w_{t-1} - \alpha\beta_1 m_{t-1}\right), \qquad m_t = \beta_1 m_{t-1} + (1 -
    \beta_1)\,g_t, \qquad w_t = w_{t-1} - \alpha\,m_t

    Difference: The gradient is really taken at w − αβ₁m and enters with α(1 − β₁); SGD's switch rewrites it around the
    look-ahead point.

    Use: Ravines and long valleys, where plain momentum overshoots; the form of many courses, with the gradient at the
    look-ahead point.

    Trouble: Rates made for SGD's Nesterov are 1 / (1 − β₁) times too small here.

    Reading: the loss and the gradient norm of a step are those of the look-ahead point; weights, validation and maps
    are those of w.

    Source: Sutskever, Martens, Dahl and Hinton, On the importance of initialization and momentum, 2013; in this form:
    Vera, Redes neuronales, lecture.
    """

    rank: ClassVar[int] = 11
    needs_closure: ClassVar[bool] = True
    scratch: ClassVar[tuple[float, float]] = (1, 0)
    kind: Literal["lookahead_nesterov"] = "lookahead_nesterov"
    lr: float = hparam(0.3, "Learning rate α; the newest gradient sees α(1 − β₁).", gt=0, le=100, log=True, live=True)
    momentum: float = hparam(0.9, "β₁ (momentum): share of the old mean gradient that is kept.", ge=0, lt=1, live=True)

    def build(self, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
        return LookaheadUpdate(parameters, self.settings)

    def count_state(self, dims: int = 2) -> int:
        return 1

    @property
    def settings(self) -> dict[str, Any]:
        return {"lr": self.lr, "momentum": self.momentum}


class LookaheadUpdate(UpdateRule):
    """The formula above."""

    state_names = ("mean",)

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> None:  # type: ignore[override]
        assert closure is not None
        (group,) = self.param_groups
        weights, beta = group["params"], group["momentum"]
        (means,) = self.gather_state(weights)
        before = [weight.clone() for weight in weights]  # subtracting the move again would round differently
        torch._foreach_add_(weights, means, alpha=-group["lr"] * beta)
        try:
            with torch.enable_grad():
                closure()
        except BaseException:  # also for a loss that is not finite: the weights of the step before are kept
            torch._foreach_copy_(weights, before)
            raise
        # w − αβm is reached already; with m′ = βm + (1 − β)g, w − αm′ is α(1 − β)g further
        gradients = [weight.grad if weight.grad is not None else torch.zeros_like(weight) for weight in weights]
        torch._foreach_add_(weights, gradients, alpha=-group["lr"] * (1 - beta))
        torch._foreach_lerp_(means, gradients, 1 - beta)
