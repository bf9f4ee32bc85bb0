from __future__ import annotations

import copy
from typing import ClassVar, Literal

import torch
from torch import Tensor

from engine.checks import Check, Outcome
from engine.message import Message
from engine.network.build import Network
from engine.parts.optimizers.sgd import SGD
from engine.parts.regularizers import Regularizer
from engine.parts.regularizers.l2 import L2
from engine.training.check_context import CPU, CheckContext, disable_randomness
from engine.training.eager import Eager

BATCH = 64  # examples of the step that is looked at
DIRECTION = 1e-4  # length of the step that the slope of the penalty is taken over


class Regularization(Check):
    """Regularization: the loss with its penalty is above that without, more so for twice the λ, and training feels it.

    The gradient that a step of training takes must be that of the loss and the slope of the penalty, else the weights
    are pushed elsewhere, or not at all. An experiment without a penalty is tried with L2 and its usual λ. Weights of a
    single layer may all start at 0, as in logistic regression; it is then looked at with others.

    Use: When a penalty seems to do nothing, or the weights shrink where none was chosen.

    Trouble: It tells that the penalty acts, not whether its λ is a good one.

    Source: Karpathy, CS231n: Convolutional neural networks for visual recognition, 2016, Sanity checks.
    """

    rank: ClassVar[int] = 1
    kind: Literal["regularization"] = "regularization"

    def examine(self, context: CheckContext) -> Outcome:
        x, y = context.examples
        network, drawn = disable_randomness(context.network()), False
        with torch.no_grad():
            plain = float(context.loss()(network(x), y))
            matrices = network.select_weights()
            if len(matrices) == 1 and not matrices[0].any():
                matrices[0].normal_(generator=torch.Generator().manual_seed(0))
                plain, drawn = float(context.loss()(network(x), y)), True
            own = [r for r in context.experiment.regularizers if r.is_penalty and not r.is_idle]
            rules = [part for rule in own or [L2()] for part in rule.split_by_strength()]
            weights = [[w.to(torch.float64) for w in network.select_weights(rule.layer_names)] for rule in rules]
            once = compute_penalty(rules, weights)
            doubled = [rule.scale_strength(2) for rule in rules]
            twice = compute_penalty(doubled, weights)
            slope, along = compute_slopes(rules, weights)
        felt = measure_training_slope(context, network, tuple(own or [L2()]))
        numbers = {"plain": plain, "once": plain + once, "twice": plain + twice, "slope": slope, "gradient": along}
        numbers["training"] = felt
        found = Message(
            "{plain} without, {once} with it, {twice} with twice the λ.",
            plain=plain, once=plain + once, twice=plain + twice,
        )  # fmt: skip
        if drawn:
            found = Message("{found} All weights start at 0, so others were taken.", found=found)
        expected = expect_rise(bool(own))
        if not once > 0:
            remedy = Message("The penalty is 0: all weights are 0. Take an initializer that draws them.")
            return Outcome("fail", expected, found, remedy, numbers)
        if abs(twice - 2 * once) > 1e-6 * once or not is_near(slope, along):
            remedy = Message("Penalty and gradient do not belong together: correct the regularizer.")
            return Outcome("fail", expected, found, remedy, numbers)
        if not is_near(slope, felt):
            remedy = Message("A step of training does not take the penalty's gradient: correct the step.")
            return Outcome("fail", expected, found, remedy, numbers)
        return Outcome("pass", expected, found, numbers=numbers)


def expect_rise(own: bool) -> Message:
    """What theory expects."""
    if not own:
        return Message("A loss that rises with the penalty; this experiment has none, so L2 is tried.")
    return Message("A loss that rises with the penalty, twice as much for twice the λ.")


def is_near(slope: float, other: float) -> bool:
    """Whether both are the same slope."""
    return abs(slope - other) <= 1e-4 * max(abs(slope), abs(other), 1e-9)


def measure_training_slope(context: CheckContext, network: Network, rules: tuple[Regularizer, ...]) -> float:
    """The same slope as training feels it: the gradient of a step with these rules, less that of one without, along
    the weights. Both steps are the executor's own, of the same batch, in float64 and from the same weights."""
    x, y = (tensor[:BATCH] for tensor in context.examples)
    x, y = x.double(), y.double() if y.is_floating_point() else y
    plan = context.experiment.model_copy(update={"optimizer": SGD(lr=1e-3)})
    found: list[list[Tensor]] = []
    for chosen in (rules, ()):
        own, loss = copy.deepcopy(network).double(), context.loss().double()
        executor = Eager(plan.model_copy(update={"regularizers": chosen}), own, loss, CPU)
        executor.step(x, y, 1.0, 0, None)
        found.append([torch.zeros_like(w) if w.grad is None else w.grad for w in own.select_weights()])
    start = [w.detach().double() for w in network.select_weights()]
    return sum(float(((more - less) * w).sum()) for more, less, w in zip(*found, start, strict=True))


def compute_penalty(rules: list[Regularizer], weights: list[list[Tensor]]) -> float:
    """What the rules add to the loss, each by the weights that it acts on."""
    return float(sum(rule.compute_penalty(own) for rule, own in zip(rules, weights, strict=True)))


def compute_slopes(rules: list[Regularizer], weights: list[list[Tensor]]) -> tuple[float, float]:
    """The slope of the penalty along the weights themselves: by differences, and by the gradient that is added."""
    along = 0.0
    for rule, own in zip(rules, weights, strict=True):
        gradients = [torch.zeros_like(weight) for weight in own]
        rule.add_gradient_(own, gradients)
        along += sum(float((g * w).sum()) for g, w in zip(gradients, own, strict=True))
    more, less = ([[w * (1 + sign * DIRECTION) for w in own] for own in weights] for sign in (1, -1))
    return (compute_penalty(rules, more) - compute_penalty(rules, less)) / (2 * DIRECTION), along
