from __future__ import annotations

import math
from typing import ClassVar, Literal

import torch
from torch import Tensor

from engine.checks import Check, Outcome
from engine.epochs import metric
from engine.experiment import Experiment
from engine.ground import Ground, calm, outputs
from engine.optimizers.adam import Adam
from engine.said import Said
from engine.schedules.constant import Constant

COUNT = 20
SHARE = 0.02  # of the first loss: near enough to 0
OTHER = Adam(lr=0.01)


class Overfit(Check):
    """Overfitting 20 examples: a network that can learn at all brings the loss of a handful close to 0.

    Augmentation, dropout, label smoothing and penalties are off, and all 20 are in each batch. If the experiment's own
    optimizer does not get there, Adam with α = 0.01 is tried, to tell a wrong learning rate from a wrong network.

    Source: Karpathy, CS231n: Convolutional neural networks for visual recognition, 2016, Sanity checks.
    """

    rank: ClassVar[int] = 2
    kind: Literal["overfit"] = "overfit"

    def examine(self, ground: Ground) -> Outcome:
        task = ground.data.source.task
        expected = Said("A loss of at most 2 % of the first one on {n} examples, all of them right.", n=COUNT)
        if task == "regression":
            expected = Said("A loss of at most 2 % of the first one on {n} examples.", n=COUNT)
        step, first, last, right = fitted(ground, ground.experiment)
        numbers = {"steps": step, "first": first, "last": last, "metric": right}
        found = Said("Loss {first} → {last} in {n} steps.", first=first, last=last, n=step)
        if task == "classification":
            rate = round(100 * right, 1)
            found = Said(
                "Loss {first} → {last} in {n} steps, {rate} % right.", first=first, last=last, n=step, rate=rate
            )
        if there(task, first, last, right):
            return Outcome("pass", expected, found, numbers=numbers)
        other = fitted(ground, ground.experiment.model_copy(update={"optimizer": OTHER}))
        numbers |= {"other_steps": other[0], "other_last": other[2]}
        if there(task, *other[1:]):
            remedy = Said(
                "Adam with a learning rate of 0.01 gets there in {n} steps, so the network can learn: change the "
                "learning rate or the optimizer.",
                n=other[0],
            )
            return Outcome("warn", expected, found, remedy, numbers)
        remedy = Said(
            "Not even Adam with a learning rate of 0.01 gets there: give the network more units, look at its "
            "activations and initial weights, and whether inputs and targets belong together."
        )
        return Outcome("fail", expected, found, remedy, numbers)


def there(task: str, first: float, last: float, right: float) -> bool:
    """Whether it counts as fitted."""
    return last <= SHARE * first and (task == "regression" or right == 1)


def fitted(ground: Ground, start: Experiment) -> tuple[int, float, float, float]:
    """Steps taken, first loss, last loss and metric of a training on the first examples alone."""
    x, y = chosen(ground)
    bare = {"regularizers": (), "augmentations": (), "schedule": Constant(), "batch_size": max(2, len(x))}
    network, loss = calm(ground.network()), ground.experiment.loss.build()
    task = ground.data.source.task
    step, first, last, right = 0, math.nan, math.inf, 0.0
    for taken in ground.train(network, loss, x, y, start.model_copy(update=bare)):
        step, last = taken.step, taken.loss
        first = taken.loss if step == 1 else first
        if not math.isfinite(last):
            break
        if last <= SHARE * first:
            right = score(network(x).detach(), y, task)
            if there(task, first, last, right):
                break
    right = right if right == 1 else score(outputs(network, x), y, task)
    return step, first, last, right


def score(given: Tensor, y: Tensor, task: Literal["classification", "regression"]) -> float:
    """Accuracy or R²; 0 where there is none."""
    found = metric(given, y, task)
    return found if math.isfinite(found) else 0.0


def chosen(ground: Ground) -> tuple[Tensor, Tensor]:
    """The first training examples of different inputs: two of one kind could carry different labels."""
    rows = ground.data.train_x[: 10 * COUNT].flatten(1)
    kept: list[int] = []
    for place in range(len(rows)):
        if not any(torch.equal(rows[place], rows[other]) for other in kept):
            kept.append(place)
        if len(kept) == COUNT:
            break
    y = ground.experiment.loss.targets(ground.data.train_y, ground.data.source.outputs)
    return ground.data.train_x[kept], y[kept]
