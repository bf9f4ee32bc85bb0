from __future__ import annotations

from typing import ClassVar, Literal

from engine.catalogue.part import hparam
from engine.parts.schedules import Schedule, ScheduleProgress


class Exponential(Schedule):
    r"""Exponential: α₀ γ^(e − 1) in epoch e, counted from 1.

    The same share is lost in every epoch: half of the rate after ln 2 / (1 − γ) of them, about 69 for γ = 0.99.

    Formula: \alpha_e = \alpha_0\,\gamma^{\,e - 1}

    Difference: The same share is lost in every epoch: in the end the fastest of the four decays.

    Use: Runs whose length in epochs is known: choose γ so that a hundredth is left at the end.

    Trouble: The way that can be gone in all is finite, as much as 1 / (1 − γ) epochs at the full rate: with γ = 0.9 it
    is over after some twenty epochs.

    Source: Goodfellow, Bengio and Courville, Deep Learning, 2016, section 8.3.
    """

    rank: ClassVar[int] = 2
    kind: Literal["exponential"] = "exponential"
    gamma: float = hparam(0.99, "Factor of each epoch, γ.", gt=0, le=1)

    def compute_factor(self, progress: ScheduleProgress) -> float:
        return float(self.gamma**progress.epoch)
