"""Executors: they run a stretch of steps without a frame, the interface between the trainer and what takes its steps.

The trainer sees the losses and outputs of a stretch, never a single step. A native loop or a recorded CUDA graph can
run many steps before it asks whether to stop; a grouped executor can step all learners at once. A step with a frame is
a stretch of its own.
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
from engine.training.descent import Loss
from engine.training.learner import Batch, Learner

GROUP = 32  # steps on a GPU whose losses are fetched together: each fetch stalls the device

Observe = Callable[[Tensor, Tensor], None]
"""Called with the outputs and the targets of every step, learner by learner."""


class Plan(NamedTuple):
    """What the steps of a stretch have in common. All lie in one epoch and under one version of the experiment.

    `first`: the number of steps before the stretch. `factor`: the factor on the learning rate, by the number of steps
    before.
    """

    first: int
    batch_size: int
    factor: Callable[[int], float]
    seed: int


@dataclass
class StopCondition:
    """When a stretch ends: after `steps`, at the deadline, or when a frame is due."""

    steps: int
    deadline: float = math.inf  # of time.perf_counter()
    frame_due: Callable[[], bool] = lambda: False
    due: bool = False  # the last answer of `frame_due`

    def is_met(self) -> bool:
        """Whether to stop before the next step. An executor may ask less often; frames are then a little late."""
        if time.perf_counter() >= self.deadline:
            return True
        self.due = self.frame_due()
        return self.due


@dataclass
class Stretch:
    """The result of a stretch: loss and number of examples of each step. The losses end at the first that is not
    finite; `broken` is its batch."""

    losses: list[float]
    examples: list[int]
    broken: Batch | None = None


class Executor(Protocol):
    """Runs stretches of steps."""

    def run(
        self,
        learners: Sequence[Learner],
        plan: Plan,
        until: StopCondition,
        observe: Observe,
        capture: Capture | None = None,
    ) -> Stretch:
        """Take steps of all learners, at least one, until the stretch ends or a loss is not finite.

        `capture`: the probes of a stretch of one step; they measure the first learner.
        """


class EagerExecutor:
    """Takes steps one by one in eager torch, all learners in each. The loss of a step is the mean over the learners."""

    def run(
        self,
        learners: Sequence[Learner],
        plan: Plan,
        until: StopCondition,
        observe: Observe,
        capture: Capture | None = None,
    ) -> Stretch:
        cpu = learners[0].eager.cpu
        losses: list[Loss] = []
        counts: list[int] = []
        batches: list[Batch] = []  # on the CPU only the newest; on a GPU all whose losses are not fetched yet
        last = plan.first + (until.steps if cpu else min(until.steps, GROUP)) - 1
        for step in range(plan.first, last + 1):
            batch = concatenate([learner.take_batch(plan.batch_size, step) for learner in learners])
            losses.append(self.step(learners, batch, plan, step, observe, capture))
            counts.append(len(batch.x))
            if cpu:
                batches.clear()
            batches.append(batch)
            if (cpu and not math.isfinite(losses[-1])) or step == last or until.is_met():
                break
        fetched = fetch_all(losses)
        broken = next((i for i, loss in enumerate(fetched) if not math.isfinite(loss)), None)
        if broken is None:
            return Stretch(fetched, counts)
        return Stretch(fetched[: broken + 1], counts, batches[0 if cpu else broken])

    def step(
        self,
        learners: Sequence[Learner],
        batch: Batch,
        plan: Plan,
        step: int,
        observe: Observe,
        capture: Capture | None,
    ) -> Loss:
        """Take one step of every learner. The loss is a number on the CPU and a tensor elsewhere."""
        factor, seed, k = plan.factor(step), seed_of(plan.seed, DROPOUT, step), len(learners)
        if k == 1:
            loss, outputs = learners[0].step(batch, factor, seed, capture)
            observe(outputs, batch.y)
            return loss
        losses: list[Loss] = []
        for number, (learner, x, y) in enumerate(zip(learners, batch.x.chunk(k), batch.y.chunk(k), strict=True)):
            own_seed = seed_of(seed, MEMBER, number)
            loss, outputs = learner.step(Batch(x, y), factor, own_seed, capture if number == 0 else None)
            observe(outputs, y)
            losses.append(loss)
        if learners[0].eager.cpu:
            return sum(float(loss) for loss in losses) / k
        return torch.stack([torch.as_tensor(loss) for loss in losses]).mean()


def concatenate(batches: Sequence[Batch]) -> Batch:
    """Concatenate the batches of all learners, (learners · batch, …).

    Each learner then reads a slice of one tensor. Slices may be aligned differently in memory from tensors of their
    own, and kernels round differently with it: older runs resume bit for bit only if this stays.
    """
    if len(batches) == 1:
        return batches[0]
    return Batch(torch.cat([batch.x for batch in batches]), torch.cat([batch.y for batch in batches]))
