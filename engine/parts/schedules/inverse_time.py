from __future__ import annotations

from typing import ClassVar, Literal

from engine.catalogue.part import hparam
from engine.parts.schedules import Schedule, ScheduleProgress


class InverseTime(Schedule):
    r"""Inverse time: α₀ (1 + δ) / (1 + δe) in epoch e, counted from 1.

    It falls fast at first and then ever more slowly, like 1 / e: the rate that makes the noise of SGD die out while
    the way that can still be gone stays endless.

    Formula: \alpha_e = \alpha_0\,\frac{1 + \delta}{1 + \delta e}

    Difference: Falls like 1 / e in the end: faster than 1 / √e, slower than γᵉ.

    Use: Long runs of plain SGD that shall converge and not hover.

    Trouble: With a large δ the rate is gone before the valley is reached; with a tiny one nothing falls.

    Source: Robbins and Monro, A stochastic approximation method, 1951; Vera, Redes neuronales, lecture.
    """

    rank: ClassVar[int] = 2
    kind: Literal["inverse_time"] = "inverse_time"
    delta: float = hparam(0.05, "How fast it falls, δ.", ge=0, le=100, log=True)

    def compute_factor(self, progress: ScheduleProgress) -> float:
        # 1 + δ above: the first epoch, e = 1, has α₀ itself
        return (1 + self.delta) / (1 + self.delta * (progress.epoch + 1))
