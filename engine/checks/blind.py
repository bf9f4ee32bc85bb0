from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch

from engine.checks import Check, Outcome
from engine.message import Message
from engine.training.check_context import CheckContext, evaluate_outputs

STEPS = 600
BETTER, CLEARLY = 0.99, 0.95  # times the loss without inputs


@dataclass(frozen=True)
class ShortTraining:
    """How a short training ended: steps, and the loss on the training examples before and after."""

    steps: int
    loss: float
    first: float


class Blind(Check):
    """Constant input: trained with all inputs at 0 it has to do worse than with the real ones.

    Such a network can only learn how frequent the classes are, or the mean of the targets. Both trainings are short
    and take the same steps in the same order; the loss is that of training examples, in evaluation mode.

    Use: Before a long training, and whenever the loss falls but the outputs hardly differ from one example to the
    next.

    Trouble: Data whose inputs say nothing about the target fail it too, and there the network is not to blame.

    Source: Karpathy, A recipe for training neural networks, 2019.
    """

    rank: ClassVar[int] = 5
    kind: Literal["blind"] = "blind"

    def examine(self, context: CheckContext) -> Outcome:
        real = train_briefly(context, False, min(STEPS, context.count_affordable_steps(context.experiment.batch_size)))
        zeroed = train_briefly(context, True, real.steps)
        numbers = {"steps": real.steps, "first": real.first, "real": real.loss, "zeroed": zeroed.loss}
        expected = Message("A lower loss with the real inputs than with inputs of 0.")
        found = Message(
            "{real} with the real inputs, {zeroed} with zeros, after {n} steps each.",
            real=real.loss, zeroed=zeroed.loss, n=real.steps,
        )  # fmt: skip
        if not math.isfinite(real.loss):
            remedy = Message("The loss is not finite after {n} steps: lower the learning rate.", n=real.steps)
            return Outcome("fail", expected, found, remedy, numbers)
        if real.loss > BETTER * real.first:
            remedy = Message(
                "Nothing was learned in this time: raise the learning rate, and see that the first weights differ."
            )
            return Outcome("fail", expected, found, remedy, numbers)
        if real.loss <= CLEARLY * zeroed.loss:
            return Outcome("pass", expected, found, numbers=numbers)
        if real.loss <= BETTER * zeroed.loss:
            remedy = Message("The inputs help only a little so far: train longer, or raise the learning rate.")
            return Outcome("warn", expected, found, remedy, numbers)
        remedy = Message(
            "The inputs do not help: look at the learning rate, at dead units, and whether inputs and targets belong "
            "together."
        )
        return Outcome("fail", expected, found, remedy, numbers)


def train_briefly(context: CheckContext, blind: bool, steps: int) -> ShortTraining:
    """So many steps with the inputs as they are, or with zeros in their place; fewer if the loss is not finite."""
    network, loss = context.network(), context.loss()
    seen, y = context.examples
    seen = torch.zeros_like(seen) if blind else seen
    done = 0

    def measure_loss() -> float:
        return float(loss(evaluate_outputs(network, seen), y).detach())

    first = measure_loss()
    for taken in context.train(network, loss, context.data.train_x, context.targets, context.experiment, steps, blind):
        done = taken.step
        if not math.isfinite(taken.loss):
            break
    return ShortTraining(done, measure_loss(), first)
