from __future__ import annotations

import math
from typing import ClassVar, Literal

from engine.catalogue.part import hparam
from engine.parts.schedules import Schedule, ScheduleProgress


class WarmRestarts(Schedule):
    r"""Warm restarts: half a wave from α₀ down to the floor, again and again, each longer than the one before.

    The weights stay; only the rate jumps back, which may shake them out of a narrow minimum. The loss rises after
    each jump: compare the ends of cycles with each other.

    Formula: \alpha_t = \alpha_0 \left( f + (1 - f)\,\frac{1 + \cos(\pi\, t_i / T_i)}{2} \right), \qquad T_{i+1} =
    g\,T_i

    Difference: Cosine again and again: the rate jumps back up.

    Use: To get several good networks out of one run, one at the end of each cycle, or to leave narrow minima.

    Trouble: A run that ends shortly after a jump ends badly: choose its length so that a cycle is complete.

    Source: Loshchilov and Hutter, SGDR, 2017.
    """

    rank: ClassVar[int] = 6
    kind: Literal["warm_restarts"] = "warm_restarts"
    cycle: int = hparam(1000, "Steps of the first cycle.", ge=1, le=1_000_000, unit="steps", log=True)
    growth: int = hparam(2, "Factor from one cycle to the next.", ge=1, le=10)
    floor: float = hparam(0.0, "Factor at the end of each cycle.", ge=0, le=1)

    def compute_factor(self, progress: ScheduleProgress) -> float:
        length, since = self.cycle, progress.step
        if self.growth == 1:
            since %= length  # cycles that do not grow may be very many; the loop would count them all in every step
        while since >= length:
            since -= length
            length *= self.growth
        return self.floor + (1 - self.floor) * (1 + math.cos(math.pi * since / length)) / 2
