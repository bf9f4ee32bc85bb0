from __future__ import annotations

import math
from collections.abc import Iterator
from typing import ClassVar, Literal

from engine.catalogue.part import hparam
from engine.catalogue.run_plan import FieldCaution, RunPlan
from engine.message import Message
from engine.parts.schedules import Schedule, ScheduleProgress


class Warmup(Schedule):
    r"""Warm-up: the rate rises evenly to α₀ over the first steps, then stays, or falls to zero by the end.

    The first gradients are large and the averages of Adam still empty; small steps get past both. α₀ may then be
    larger than it could be without.

    Formula: \alpha_t = \alpha_0 \cdot \begin{cases} (t + 1) / r & t < r \\ \left\{1,\; 1 - s,\; \tfrac{1 + \cos \pi
    s}{2}\right\} & t \ge r \end{cases}, \qquad s = \frac{t - r}{T - r}

    Difference: The only one that begins low: it rises before anything falls.

    Use: Large batches, large rates, attention, and Adam at the start of a run.

    Trouble: A rise longer than the run never reaches the full rate.

    Source: Goyal et al., Accurate, large minibatch SGD, 2017 (then constant); Vaswani et al., Attention is all you
    need, 2017 (then falling).
    """

    rank: ClassVar[int] = 4
    kind: Literal["warmup"] = "warmup"
    rise: int = hparam(500, "Steps until the full rate.", ge=1, le=1_000_000, unit="steps", log=True)
    after: Literal["constant", "linear", "cosine"] = hparam("constant", "What follows the rise.")

    def compute_factor(self, progress: ScheduleProgress) -> float:
        if progress.step < self.rise:
            return (progress.step + 1) / self.rise  # + 1: with a rate of 0 the first step would be lost
        share = progress.compute_share(self.rise)
        if self.after == "linear":
            return 1 - share
        return (1 + math.cos(math.pi * share)) / 2 if self.after == "cosine" else 1.0

    def cautions(self, plan: RunPlan) -> Iterator[FieldCaution]:
        if plan.steps < self.rise:
            text = Message("The run ends before the full rate is reached: it has {steps} steps.", steps=plan.steps)
            yield FieldCaution("rise", text)
