from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from engine.checks import Check, Outcome
from engine.experiment.experiment import Experiment
from engine.message import Message
from engine.numerics.metrics import compute_metric
from engine.parts.optimizers.adam import Adam
from engine.parts.schedules.constant import ConstantSchedule
from engine.training.check_context import CheckContext, TrainedStep, disable_randomness, evaluate_outputs
from engine.training.heads import WeightedLoss

COUNT = 20
SHARE = 0.02  # of the first loss: near enough to 0
HALF = 0.5  # the same for reconstructions, whose code need not have room for everything
OTHER = Adam(lr=0.01)


class Overfit(Check):
    """Overfitting 20 examples: a network that can learn at all brings the loss of a handful close to 0.

    Fewer where the network has not room for so many. Augmentation, attack, dropout, noise, label smoothing and
    penalties are off, and all 20 are in each batch; one member of a bagged network is looked at. Of several ends each
    must get there; a reconstruction, whose code need not have room for everything, half as far as 0. If the
    experiment's own optimizer does not get there, Adam with α = 0.01 is tried, to tell a wrong learning rate from a
    wrong network.

    Use: When a network does not learn: it tells a network that cannot from one that is held back.

    Trouble: A network that passes may still generalize badly: that is what validation is for.

    Source: Karpathy, CS231n: Convolutional neural networks for visual recognition, 2016, Sanity checks.
    """

    rank: ClassVar[int] = 2
    kind: Literal["overfit"] = "overfit"

    def examine(self, context: CheckContext) -> Outcome:
        task = context.data.source.task
        count = choose_handful_size(context)
        expected = Message("A loss of at most 2 % of the first one on {n} examples, all of them right.", n=count)
        if task == "regression":
            expected = Message("A loss of at most 2 % of the first one on {n} examples.", n=count)
        fit = train_on_handful(context, context.experiment)
        numbers = {"steps": fit.steps, "first": fit.first, "last": fit.last, "metric": fit.right}
        found = Message("Loss {first} → {last} in {n} steps.", first=fit.first, last=fit.last, n=fit.steps)
        if task == "classification":
            rate = round(100 * fit.right, 1)
            found = Message(
                "Loss {first} → {last} in {n} steps, {rate} % right.",
                first=fit.first, last=fit.last, n=fit.steps, rate=rate,
            )  # fmt: skip
        if fit.reached:
            return Outcome("pass", expected, found, numbers=numbers)
        other = train_on_handful(context, context.experiment.model_copy(update={"optimizer": OTHER}))
        numbers |= {"other_steps": other.steps, "other_last": other.last}
        if other.reached:
            remedy = Message(
                "Adam with a learning rate of 0.01 gets there in {n} steps, so the network can learn: change the "
                "learning rate or the optimizer.",
                n=other.steps,
            )
            return Outcome("warn", expected, found, remedy, numbers)
        if context.timed_out:
            remedy = Message("The machine was too busy for more steps: check once more when it has time.")
            return Outcome("warn", expected, found, remedy, numbers)
        remedy = Message(
            "Not even Adam with a learning rate of 0.01 gets there: give the network more units, look at its "
            "activations and initial weights, and whether inputs and targets belong together."
        )
        return Outcome("fail", expected, found, remedy, numbers)


@dataclass(frozen=True)
class Fit:
    """How a training on a handful ended: steps, first and last loss, metric of the output, and whether it got there."""

    steps: int
    first: float
    last: float
    right: float
    reached: bool


def train_on_handful(context: CheckContext, start: Experiment) -> Fit:
    """A training on the first examples alone."""
    x, y = pick_handful(context)
    # rules that limit the gradient stay: they keep a training from running away
    rules = tuple(rule for rule in start.regularizers if rule.position_in_step > 0)
    bare = {"regularizers": rules, "augmentations": (), "schedule": ConstantSchedule(), "batch_size": max(2, len(x))}
    network, loss = disable_randomness(context.network()), strip_loss(context)
    first: TrainedStep | None = None
    taken, right, reached = None, 0.0, False
    width, task = context.data.source.outputs, context.data.source.task
    for taken in context.train(
        network, loss, x, y, start.model_copy(update=bare), context.count_affordable_steps(len(x))
    ):
        first = first or taken
        if not math.isfinite(taken.loss):
            break
        if is_low(context, first.losses, taken.losses):
            right = score(network(x).detach()[:, :width], y[:, :width] if y.ndim > 1 else y, task)
            reached = (
                task == "regression" or right == 1 or (context.experiment.output_weight == 0 and context.heads.several)
            )
            if reached:
                break
    assert first is not None
    assert taken is not None
    if not reached:
        right = score(evaluate_outputs(network, x)[:, :width], y[:, :width] if y.ndim > 1 else y, task)
    return Fit(taken.step, first.loss, taken.loss, right, reached)


def strip_loss(context: CheckContext) -> nn.Module:
    """The loss without class weights, which would be those of another split."""
    if isinstance(context.heads.loss, WeightedLoss):
        return context.loss()
    return context.experiment.loss.build()


def is_low(context: CheckContext, first: tuple[float, ...], last: tuple[float, ...]) -> bool:
    """Whether every end that counts has come near enough to 0."""
    if not isinstance(context.heads.loss, WeightedLoss):
        return last[0] <= SHARE * first[0]
    heads, weights = context.heads.heads, context.heads.loss.weights
    aims = [HALF if head.position not in (-1, *context.data.goals) else SHARE for head in heads]
    return all(
        now <= aim * once for now, once, aim, weight in zip(last, first, aims, weights, strict=True) if weight > 0
    )


def score(given: Tensor, y: Tensor, task: Literal["classification", "regression"]) -> float:
    """Accuracy or R²; 0 where there is none."""
    found = float(compute_metric(given, y, task))
    return found if math.isfinite(found) else 0.0


def choose_handful_size(context: CheckContext) -> int:
    """20, or half of what the network has room for: no line goes through more points than it has parameters, and the
    last of them are reached slowly. Of a single layer the room is the rank of its inputs and the bias."""
    network, outputs = context.network(), context.data.source.outputs
    room = sum(parameter.numel() for parameter in network.parameters()) // outputs
    if not [stage for stage in network.stages[:-1] if stage.parameters]:
        rows = context.data.train_x[:COUNT].flatten(1).double()
        room = min(room, int(torch.linalg.matrix_rank(nn.functional.pad(rows, (0, 1), value=1.0))))
    return COUNT if room >= COUNT else max(2, room // 2)


def pick_handful(context: CheckContext) -> tuple[Tensor, Tensor]:
    """The first training examples of different inputs: two of one kind could carry different labels."""
    rows, count = context.data.train_x[: 10 * COUNT].flatten(1), choose_handful_size(context)
    kept: list[int] = []
    for index in range(len(rows)):
        if not any(torch.equal(rows[index], rows[other]) for other in kept):
            kept.append(index)
        if len(kept) == count:
            break
    plain = context.experiment.model_copy(update={"regularizers": (), "augmentations": ()})
    return context.data.train_x[kept], context.heads.encode_training_targets(plain)[kept]
