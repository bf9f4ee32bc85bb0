from __future__ import annotations

from typing import ClassVar, Literal

from engine.parts.schedules import Schedule, ScheduleProgress


class ConstantSchedule(Schedule):
    r"""Constant: the learning rate stays what it is.

    Formula: \alpha_e = \alpha_0

    Use: Short runs, and to get to know a problem before a schedule hides something.

    Trouble: Small batches keep the weights in a ball of noise around the goal whose size grows with α: in the end the
    rate has to fall.

    Source: Robbins and Monro, A stochastic approximation method, 1951 (why it has to fall in the end).
    """

    rank: ClassVar[int] = 0
    is_constant: ClassVar[bool] = True
    kind: Literal["constant"] = "constant"

    def compute_factor(self, progress: ScheduleProgress) -> float:
        return 1.0
