"""Schedule curve: the factor on the learning rate over a run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.parts.schedules import Schedule, ScheduleProgress

STEPS_PER_EPOCH = 25


@dataclass(frozen=True)
class ScheduleCurve:
    """Factor on the learning rate in every step, (steps,), over epochs, (steps,).

    `losses`: the assumed validation loss, (epochs,), if the schedule depends on it.
    """

    epochs: np.ndarray
    factors: np.ndarray
    losses: np.ndarray | None = None


def sample_schedule(part: Schedule, epochs: int) -> ScheduleCurve:
    """The schedule in a run of `epochs` epochs of 25 steps.

    The assumed validation loss halves every five epochs until a third of the run is over, and then stays.
    """
    total = epochs * STEPS_PER_EPOCH
    losses = 0.5 ** (np.minimum(np.arange(epochs), epochs / 3) / 5)
    by_epoch = [part.compute_epoch_factor([float(loss) for loss in losses[:epoch]]) for epoch in range(epochs)]
    steps = np.arange(total)
    factors = [part.compute_factor(ScheduleProgress(int(s), int(s) // STEPS_PER_EPOCH, total)) for s in steps]
    watches = any(factor != 1.0 for factor in by_epoch)
    return ScheduleCurve(
        steps / STEPS_PER_EPOCH, np.array(factors) * np.repeat(by_epoch, STEPS_PER_EPOCH), losses if watches else None
    )
