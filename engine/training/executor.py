"""The seam between the trainer and whatever takes the steps: a stretch of steps without a frame.

An executor is given the learners and runs until the stretch ends; the trainer sees losses and outputs, never a step.
A native loop or a recorded CUDA graph runs many steps before it asks whether to stop, a grouped executor steps all
learners at once. A step that the instruments look at is the edge of a stretch: a stretch of its own, of one step.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from engine.data.epochs import fetch_all
from engine.numerics.seeding import DROPOUT, MEMBER, seed_of
from engine.training.capture import Capture
from engine.training.eager import Loss
from engine.training.learner import Batch, Learner

GROUP = 32  # steps on a GPU whose losses are fetched together: fetching each would stall the pipeline

See = Callable[[Tensor, Tensor], None]
"""Told of the outputs and the targets of every step, of each learner in turn."""


class Plan(NamedTuple):
    """What the steps of a stretch share: all of them lie in one epoch and under one version of the experiment.

    `first`: how many steps were taken before. `factor`: the factor on the learning rate after so many steps.
    """

    first: int
    batch_size: int
    factor: Callable[[int], float]
    seed: int


@dataclass
class Until:
    """When a stretch ends: after `steps` at the latest, when time is up, or when a frame is due."""

    steps: int
    deadline: float = math.inf  # of time.perf_counter()
    frame_due: Callable[[], bool] = lambda: False
    due: bool = False  # what the clock said last

    def reached(self) -> bool:
        """Whether to stop before the next step. One that asks more rarely may have its frames a little late."""
        if time.perf_counter() >= self.deadline:
            return True
        self.due = self.frame_due()
        return self.due


@dataclass
class Stretch:
    """What a stretch brought: the loss of each step, up to the first that is not finite, whose batch is `broken`; and
    how many examples each step had."""

    losses: list[float]
    examples: list[int]
    broken: Batch | None = None


class Executor(Protocol):
    """Takes stretches of steps."""

    def run(
        self, learners: Sequence[Learner], plan: Plan, until: Until, see: See, capture: Capture | None = None
    ) -> Stretch:
        """Takes steps of all learners, at least one, until the stretch ends or a loss is not finite.

        `capture`: the instruments of a stretch of one step; they look at the first learner.
        """


class EagerExecutor:
    """Step by step in eager torch, the learners side by side. The loss of a step is the mean of theirs."""

    def run(
        self, learners: Sequence[Learner], plan: Plan, until: Until, see: See, capture: Capture | None = None
    ) -> Stretch:
        cpu = learners[0].eager.cpu
        losses: list[Loss] = []
        counts: list[int] = []
        batches: list[Batch] = []  # on the CPU the newest alone
        last = plan.first + (until.steps if cpu else min(until.steps, GROUP)) - 1
        for step in range(plan.first, last + 1):
            batch = side_by_side([learner.batch(plan.batch_size, step) for learner in learners])
            losses.append(self.step(learners, batch, plan, step, see, capture))
            counts.append(len(batch.x))
            if cpu:
                batches.clear()
            batches.append(batch)
            if (cpu and not math.isfinite(losses[-1])) or step == last or until.reached():
                break
        found = fetch_all(losses)
        broken = next((place for place, loss in enumerate(found) if not math.isfinite(loss)), None)
        if broken is None:
            return Stretch(found, counts)
        return Stretch(found[: broken + 1], counts, batches[0 if cpu else broken])

    def step(
        self, learners: Sequence[Learner], batch: Batch, plan: Plan, step: int, see: See, capture: Capture | None
    ) -> Loss:
        """One step of every learner; its loss is a number on the CPU and stays on any other device."""
        factor, seed, k = plan.factor(step), seed_of(plan.seed, DROPOUT, step), len(learners)
        if k == 1:
            loss, outputs = learners[0].step(batch, factor, seed, capture)
            see(outputs, batch.y)
            return loss
        losses: list[Loss] = []
        for place, (learner, x, y) in enumerate(zip(learners, batch.x.chunk(k), batch.y.chunk(k), strict=True)):
            own_seed = seed_of(seed, MEMBER, place)
            loss, outputs = learner.step(Batch(x, y), factor, own_seed, capture if place == 0 else None)
            see(outputs, y)
            losses.append(loss)
        if learners[0].eager.cpu:
            return sum(float(loss) for loss in losses) / k
        return torch.stack([torch.as_tensor(loss) for loss in losses]).mean()


def side_by_side(batches: Sequence[Batch]) -> Batch:
    """The batches of all learners as one, (learners · batch, …). They lie in one piece of memory also when each is
    read by itself: sums over numbers that lie otherwise are rounded otherwise, and old runs would not go on alike."""
    if len(batches) == 1:
        return batches[0]
    return Batch(torch.cat([batch.x for batch in batches]), torch.cat([batch.y for batch in batches]))
