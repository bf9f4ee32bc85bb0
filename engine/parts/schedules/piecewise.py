from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from engine.catalogue.part import hparam
from engine.catalogue.run_plan import FieldCaution, RunPlan
from engine.message import Message
from engine.parts.schedules import Schedule, ScheduleProgress


class Piecewise(Schedule):
    r"""Piecewise constant: α₀, then α₀f₁, then α₀f₁f₂, each for some epochs.

    The falls are put where the loss has come to rest: a smaller rate shrinks the ball of noise in which it hovers.

    Formula: \alpha_e = \begin{cases} \alpha_0 & e \le n_1 \\ \alpha_0 f_1 & n_1 < e \le n_1 + n_2 \\ \alpha_0 f_1 f_2
    & e > n_1 + n_2 \end{cases}

    Difference: Constant on intervals of epochs, chosen by hand: the fourth of the classical decays.

    Use: When earlier runs have shown where the loss comes to rest.

    Trouble: A fall that comes too early locks the loss in above its best; look for the steps in the loss curve.

    Source: He, Zhang, Ren and Sun, Deep residual learning, 2016 (divided by ten, twice); Vera, Redes neuronales,
    lecture.
    """

    rank: ClassVar[int] = 1
    kind: Literal["piecewise"] = "piecewise"
    first: int = hparam(50, "Epochs at the full rate.", ge=1, le=100_000, unit="epochs", log=True)
    first_fall: float = hparam(0.1, "Factor of the first fall, f₁.", gt=0, le=1)
    second: int = hparam(50, "Epochs between the two falls.", ge=1, le=100_000, unit="epochs", log=True)
    second_fall: float = hparam(0.1, "Factor of the second fall, f₂.", gt=0, le=1)

    def compute_factor(self, progress: ScheduleProgress) -> float:
        if progress.epoch < self.first:
            return 1.0
        return self.first_fall * (1.0 if progress.epoch < self.first + self.second else self.second_fall)

    def cautions(self, plan: RunPlan) -> Iterator[FieldCaution]:
        if plan.epochs <= self.first:
            text = Message("The run ends before the rate falls: it has {epochs} whole epochs.", epochs=plan.epochs)
            yield FieldCaution("first", text)
