from __future__ import annotations

import math
from typing import ClassVar, Literal

from engine.catalogue.part import hparam
from engine.parts.schedules import Schedule, ScheduleProgress


class Cosine(Schedule):
    r"""Cosine: half a wave from 1 down to the floor over the whole run.

    Formula: \alpha_t = \alpha_0 \left( f + (1 - f)\,\frac{1 + \cos(\pi t / T)}{2} \right)

    Difference: Slow at both ends, and at its floor exactly when the run ends.

    Use: Runs whose length T is fixed: nothing to choose but the length.

    Trouble: Stopped early, the run never sees its small rates; made longer, it is another schedule from the start.

    Source: Loshchilov and Hutter, SGDR, 2017.
    """

    rank: ClassVar[int] = 3
    kind: Literal["cosine"] = "cosine"
    floor: float = hparam(0.0, "Factor at the end.", ge=0, le=1)

    def compute_factor(self, progress: ScheduleProgress) -> float:
        return self.floor + (1 - self.floor) * (1 + math.cos(math.pi * progress.compute_share())) / 2
