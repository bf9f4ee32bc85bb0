from __future__ import annotations

from typing import ClassVar, Literal

import torch
from torch import Tensor

from engine.checks import Check, Outcome
from engine.ground import Ground, calm
from engine.regularizers import Regularizer
from engine.regularizers.l2 import L2
from engine.said import Said

DIRECTION = 1e-4  # length of the step that the slope of the penalty is taken over


class Regularization(Check):
    """Regularization: the loss with its penalty is above the loss without, and more so when λ doubles.

    The gradient that training adds must be the slope of that penalty, else it pushes the weights elsewhere. An
    experiment without a penalty is tried with L2 and its usual λ.

    Source: Karpathy, CS231n: Convolutional neural networks for visual recognition, 2016, Sanity checks.
    """

    rank: ClassVar[int] = 1
    kind: Literal["regularization"] = "regularization"

    @torch.no_grad()
    def examine(self, ground: Ground) -> Outcome:
        x, y = ground.seen
        network = calm(ground.network())
        plain = float(ground.loss()(network(x), y))
        own = [r for r in ground.experiment.regularizers if getattr(r, "strength", 0.0) > 0]
        rules = [part for rule in own or [L2()] for part in rule.apart()]
        weights = [[w.to(torch.float64) for w in network.penalized(rule.chosen)] for rule in rules]
        once = penalty(rules, weights)
        twice = penalty([r.model_copy(update={"strength": 2 * float(vars(r)["strength"])}) for r in rules], weights)
        slope, along = slopes(rules, weights)
        numbers = {"plain": plain, "once": plain + once, "twice": plain + twice, "slope": slope, "gradient": along}
        expected = Said("A loss that rises with the penalty, twice as much for twice the λ.")
        if not own:
            expected = Said("A loss that rises with the penalty; this experiment has none, so L2 is tried.")
        found = Said(
            "{plain} without, {once} with it, {twice} with twice the λ.",
            plain=plain, once=plain + once, twice=plain + twice,
        )  # fmt: skip
        if not once > 0:
            remedy = Said("The penalty is 0: all weights are 0. Take an initializer that draws them.")
            return Outcome("fail", expected, found, remedy, numbers)
        if abs(twice - 2 * once) > 1e-6 * once or abs(slope - along) > 1e-4 * max(abs(slope), abs(along), 1e-9):
            remedy = Said("Penalty and gradient do not belong together: correct the regularizer.")
            return Outcome("fail", expected, found, remedy, numbers)
        return Outcome("pass", expected, found, numbers=numbers)


def penalty(rules: list[Regularizer], weights: list[list[Tensor]]) -> float:
    """What the rules add to the loss, each by the weights that it acts on."""
    return float(sum(rule.penalty(own) for rule, own in zip(rules, weights, strict=True)))


def slopes(rules: list[Regularizer], weights: list[list[Tensor]]) -> tuple[float, float]:
    """The slope of the penalty along the weights themselves: by differences, and by the gradient that is added."""
    along = 0.0
    for rule, own in zip(rules, weights, strict=True):
        gradients = [torch.zeros_like(weight) for weight in own]
        rule.add_gradient_(own, gradients)
        along += sum(float((g * w).sum()) for g, w in zip(gradients, own, strict=True))
    more, less = ([[w * (1 + sign * DIRECTION) for w in own] for own in weights] for sign in (1, -1))
    return (penalty(rules, more) - penalty(rules, less)) / (2 * DIRECTION), along
