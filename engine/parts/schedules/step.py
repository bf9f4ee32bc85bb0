from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from engine.catalogue.part import hparam
from engine.catalogue.run_plan import FieldCaution, RunPlan
from engine.message import Message
from engine.parts.schedules import Schedule, ScheduleProgress


class Step(Schedule):
    r"""Step: α₀ · γ^⌊epoch / every⌋.

    Formula: \alpha_e = \alpha_0\,\gamma^{\lfloor (e - 1) / n \rfloor}

    Difference: Exponential decay in stairs.

    Use: Long runs, with a fall at regular times.

    Trouble: After a few falls nothing moves any more: count how many the run will have.

    Source: He, Zhang, Ren and Sun, Deep residual learning, 2016 (divided by ten, twice).
    """

    rank: ClassVar[int] = 1
    kind: Literal["step"] = "step"
    every: int = hparam(50, "Epochs between two falls.", ge=1, le=100_000, unit="epochs", log=True)
    gamma: float = hparam(0.5, "Factor of each fall, γ.", gt=0, le=1)

    def compute_factor(self, progress: ScheduleProgress) -> float:
        return float(self.gamma ** (progress.epoch // self.every))

    def cautions(self, plan: RunPlan) -> Iterator[FieldCaution]:
        if plan.epochs <= self.every:
            text = Message("The run ends before the rate falls: it has {epochs} whole epochs.", epochs=plan.epochs)
            yield FieldCaution("every", text)
