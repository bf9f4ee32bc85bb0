from __future__ import annotations

import math
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from engine.checks import Check, Outcome
from engine.message import Message
from engine.training.check_context import CheckContext, disable_randomness
from engine.training.heads import WeightedLoss, reshape_to_rows

CLOSE, HIGH, WILD = 0.01, 1.5, 100.0  # off the theory; times the theory
USUAL = 2.0  # mean square of outputs: standardized inputs and Glorot or He weights give about 1
LARGE = 2.0  # root mean square of the inputs


class InitialLossCheck(Check):
    """Initial loss: with outputs near 0 it is ln C for cross-entropy, the mean of y² for squared errors.

    Regularization is off. The outputs are first made a thousand times smaller, which tests the loss itself; then they
    are taken as they are, which tests the scale of inputs and first weights. Training can repair that scale, so it is
    a warning up to 100 times the theory, and none where the outputs of a regression are of the usual size. Class
    weights have mean 1 and smoothed labels still sum to 1, so neither moves ln C. Of several ends it is Σ wₑ Lₑ.

    Use: Before the first training: it finds wrong scales and wrong losses in a moment.

    Trouble: A first loss as theory has it does not mean that the network can learn.

    Source: Karpathy, CS231n: Convolutional neural networks for visual recognition, 2016, Sanity checks.
    """

    rank: ClassVar[int] = 0
    kind: Literal["initial_loss"] = "initial_loss"

    @torch.no_grad()
    def examine(self, context: CheckContext) -> Outcome:
        x, y = context.data.train_x, context.targets
        x, y = context.heads.join_inputs(x, y) if x.numel() < 4_000_000 else context.examples
        network, loss = disable_randomness(context.network()), context.loss()
        given = network(x)
        actual, small = float(loss(given, y)), float(loss(given * 1e-3, y))
        theory, expected = expect_total(context, y, loss, len(x) == len(context.data.train_x))
        numbers = {"theory": theory, "small": small, "initial": actual, "examples": len(x)}
        found = Message("{initial} as initialized, {small} with outputs a thousand times smaller.",
                     initial=actual, small=small)  # fmt: skip
        if not given.isfinite().all():
            remedy = Message("The first outputs are not finite: take an initializer with smaller weights.")
            return Outcome("fail", expected, found, remedy, numbers)
        if not math.isfinite(actual) or abs(small - theory) > CLOSE * theory + 1e-4:
            remedy = Message("The loss itself is not what it should be: look at its targets, its mean and its sign.")
            return Outcome("fail", expected, found, remedy, numbers)
        usual = context.data.source.task == "regression" and float(given.double().square().mean()) <= USUAL
        if actual > HIGH * theory + 1e-4 and not usual:
            wild = actual > WILD * theory + 1e-4
            return Outcome("fail" if wild else "warn", expected, found, blame(context), numbers)
        return Outcome("pass", expected, found, numbers=numbers)


def blame(context: CheckContext) -> Message:
    """Why the first outputs are large."""
    size = float(context.examples[0].double().square().mean().sqrt())
    if size > LARGE and not context.data.source.vocabulary_size:
        return Message("The inputs are large (root mean square {size}): standardize them.", size=size)
    return Message(
        "The network is sure of itself before it has learned: take Glorot or He weights, and standardize the targets "
        "of a regression."
    )


def expect_total(context: CheckContext, y: Tensor, loss: nn.Module, whole: bool) -> tuple[float, Message]:
    """The same of all ends together, each times its weight."""
    if not isinstance(loss, WeightedLoss):
        zeros = torch.zeros(len(y), context.data.source.outputs)
        return expect_loss(context, y, float(loss(zeros, y)), whole)
    values = []
    for head in loss.heads:
        own = y[:, head.targets]
        zero = float(head.loss(torch.zeros(len(own), head.outputs.stop - head.outputs.start), own))
        if head.position < 0:
            values.append(expect_loss(context, own, zero, whole)[0])
        else:
            at_zero = head.part.evaluate_at_zero(own.double())
            values.append(at_zero.value if at_zero else zero)
    value = sum(one * weight for one, weight in zip(values, loss.weights, strict=True))
    return value, Message("Σ wₑ Lₑ = {value} over {n} ends, with outputs that are all 0", value=value, n=len(values))


def expect_loss(context: CheckContext, y: Tensor, zero: float, whole: bool) -> tuple[float, Message]:
    """The loss of outputs that are all 0, as the loss works it out by hand where it can, and how it comes about."""
    loss, outputs = context.experiment.loss, context.data.source.outputs
    targets = y if y.is_floating_point() else reshape_to_rows(loss.encode_targets(y, outputs), outputs)
    at_zero = loss.evaluate_at_zero(targets.double())
    if at_zero is None or (context.experiment.balance == "weights" and not (at_zero.is_uniform and whole)):
        return zero, Message("{value}, the loss of outputs that are all 0", value=zero)
    return at_zero.value, at_zero.reason
