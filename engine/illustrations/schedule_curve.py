"""A schedule over a run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.parts.schedules import Schedule, ScheduleProgress

STEPS_AN_EPOCH = 25


@dataclass(frozen=True)
class ScheduleCurve:
    """The factor on the learning rate in every step, over epochs; and the validation loss that was assumed, if the
    schedule looks at one."""

    epochs: np.ndarray
    factors: np.ndarray
    losses: np.ndarray | None = None


def schedule_curve(part: Schedule, epochs: int) -> ScheduleCurve:
    """What the schedule says in each step of a run of so many epochs of 25 steps.

    A schedule that looks at the validation loss is shown one that halves every five epochs until a third of the run
    is over, and then stays.
    """
    total = epochs * STEPS_AN_EPOCH
    losses = 0.5 ** (np.minimum(np.arange(epochs), epochs / 3) / 5)
    extra = [part.compute_epoch_factor([float(loss) for loss in losses[:epoch]]) for epoch in range(epochs)]
    steps = np.arange(total)
    factors = [part.compute_factor(ScheduleProgress(int(s), int(s) // STEPS_AN_EPOCH, total)) for s in steps]
    watches = any(factor != 1.0 for factor in extra)
    return ScheduleCurve(
        steps / STEPS_AN_EPOCH, np.array(factors) * np.repeat(extra, STEPS_AN_EPOCH), losses if watches else None
    )
