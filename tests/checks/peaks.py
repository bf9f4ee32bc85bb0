"""A process of its own: how much torch's allocator has given out at most in a step, as torch's profiler records it.

`python tests/checks/peaks.py` reads experiments as a JSON list and answers one line each: the bytes.
"""

from __future__ import annotations

import gc
import json
import math
import sys
from collections.abc import Callable
from typing import Any

import torch
from torch.profiler import ProfilerActivity, profile

from engine.experiment.experiment import Experiment
from engine.training.trainer import Trainer


def most(work: Callable[[], Any]) -> int:
    """The most bytes that were given out at once while something ran."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as seen:
        work()
    events = [event for event in seen.profiler.kineto_results.events() if event.name() == "[memory]"]
    now = peak = 0
    for event in sorted(events, key=lambda event: event.start_ns()):
        now += event.nbytes()
        peak = max(peak, now)
    return peak


def size(value: Any) -> int:
    """Bytes of all tensors in an optimizer's state."""
    if isinstance(value, torch.Tensor):
        return value.nbytes
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return sum(map(size, inside))


def step_peak(experiment: Experiment) -> int:
    """Weights, optimizer state, the batch, and what two steps in a row take, with gradients that begin as none."""
    trainer = Trainer(experiment)
    trainer.advance(deadline=math.inf, until_step=12 if experiment.optimizer.needs_closure else 2)
    optimizers = [learner.eager.optimizer for learner in trainer.learners]
    for learner in trainer.learners:
        learner.order.begin(trainer.epoch, 0)
    batches = [learner.take_batch(experiment.batch_size, 5) for learner in trainer.learners]
    for parameter in trainer.network.parameters():
        parameter.grad = None
    gc.collect()

    def two_steps() -> None:
        for _ in range(2):
            for learner, batch in zip(trainer.learners, batches, strict=True):
                learner.step(batch, 1.0, 7, None)

    taken = most(two_steps)
    weights = sum(parameter.nbytes for parameter in trainer.network.parameters())
    given = sum(x.nbytes + y.nbytes for x, y in batches)
    return taken + weights + given + sum(size(dict(one.state)) for one in optimizers)


if __name__ == "__main__":
    for document in json.load(sys.stdin):
        print(step_peak(Experiment.from_dict(document)), flush=True)  # noqa: T201
