from __future__ import annotations

import math
from typing import ClassVar, Literal

from engine.catalogue.part import hparam
from engine.parts.schedules import Schedule, ScheduleProgress


class OneCycle(Schedule):
    r"""One cycle: half a wave up from α₀ / a to α₀, then half a wave down to α₀ / (a · b), over the whole run.

    a is the start divisor and b the end divisor; s is how much of the half wave has been run, from 0 to 1. α₀ is the
    top of the cycle and may lie far above what a constant rate could bear; so large a rate in the middle of the run
    acts as a regularizer. Momentum is left as it is.

    Formula: \frac{\alpha_0}{a} \;\nearrow\; \alpha_0 \;\searrow\; \frac{\alpha_0}{a\,b}, \qquad \alpha =
    \alpha_{\mathrm{to}} + (\alpha_{\mathrm{from}} - \alpha_{\mathrm{to}})\,\tfrac{1 + \cos \pi s}{2}

    Difference: Warm-up and cosine in one, up to a rate that a constant schedule could not bear.

    Use: Short runs at the largest rate that can be borne, found by a range test.

    Trouble: Too high a top diverges in the middle of the run, after it looked fine at the start.

    Source: Smith and Topin, Super-convergence, 2019.
    """

    rank: ClassVar[int] = 5
    kind: Literal["one_cycle"] = "one_cycle"
    rise: float = hparam(0.3, "Share of the run in which the rate rises.", gt=0, lt=1)
    start: float = hparam(25.0, "What α₀ is divided by at the start, a.", ge=1, le=10_000, log=True)
    end: float = hparam(10_000.0, "What the start is divided by at the end, b.", ge=1, le=1e8, log=True)

    def compute_factor(self, progress: ScheduleProgress) -> float:
        total, step = progress.total_steps, float(progress.step)
        if len(progress.spans) > 1:
            # the length has changed: the step of the cycle as first planned that lies as far along the way
            total = progress.spans[0][1]
            step = progress.compute_share(ending=1) * (total - 1)
        # as in torch's OneCycleLR, steps count from 0, and both phases end one step early: the last step has the floor
        top, last = self.rise * total - 1, total - 1
        low = 1 / self.start
        if step <= top:
            return interpolate_cosine(low, 1.0, step / top if top > 0 else 1.0)
        return interpolate_cosine(1.0, low / self.end, min(1.0, (step - top) / max(last - top, 1e-9)))


def interpolate_cosine(first: float, last: float, share: float) -> float:
    """The value on half a cosine wave from `first` to `last`, at a share of the way from 0 to 1."""
    return last + (first - last) * (1 + math.cos(math.pi * share)) / 2
