from __future__ import annotations

import math
from collections.abc import Iterator
from typing import ClassVar, Literal

from engine.catalogue.part import hparam
from engine.catalogue.run_plan import FieldCaution, RunPlan
from engine.message import Message
from engine.parts.schedules import Schedule, ScheduleProgress, ScheduleState


class OnPlateau(Schedule):
    r"""On plateau: α₀ times the fall each time the validation loss has not become better for some epochs.

    The run itself says when, so nothing has to be guessed beforehand. After a fall the count begins anew.

    Formula: \alpha \leftarrow \max(f_{\min}\,\alpha_0,\; f\,\alpha) \quad\Leftarrow\quad L_{e-n}, \dots, L_{e} \ge (1
    - \delta)\,\min_{i < e-n} L_i

    Difference: Looks at the validation loss; all others look at the time alone.

    Use: When nobody knows beforehand how long the loss will go on falling.

    Trouble: A small validation split makes the loss jump by chance: patience that is too short then falls for nothing.

    Source: Krizhevsky, Sutskever and Hinton, ImageNet classification with deep CNNs, 2012 (then by hand).
    """

    rank: ClassVar[int] = 7
    initial_state: ClassVar[ScheduleState] = (math.inf, 0, 1.0)  # best loss, epochs without gain, factor
    kind: Literal["on_plateau"] = "on_plateau"
    patience: int = hparam(10, "Epochs without gain that are borne.", ge=0, le=10_000, unit="epochs", log=True)
    fall: float = hparam(0.3, "Factor of each fall.", gt=0, lt=1)
    least_gain: float = hparam(0.0001, "Share of the best loss that counts as gain.", ge=0, le=1, log=True)
    floor: float = hparam(0.001, "Smallest factor.", gt=0, le=1, log=True)

    def compute_factor(self, progress: ScheduleProgress) -> float:
        return 1.0

    def update_state(self, state: ScheduleState, validation_loss: float) -> ScheduleState:
        best, waited, factor = state
        # relative, as in torch's ReduceLROnPlateau: the same field suits losses of any size
        improves = validation_loss < best * (1 - self.least_gain)
        best, waited = (validation_loss, 0) if improves else (best, waited + 1)
        if waited <= self.patience:
            return best, waited, factor
        return best, 0, max(self.floor, factor * self.fall)

    def cautions(self, plan: RunPlan) -> Iterator[FieldCaution]:
        if plan.epochs < self.patience + 2:  # the first epoch improves on infinity, patience + 1 more have to fail
            text = Message("The run ends before the rate can fall: it has {epochs} whole epochs.", epochs=plan.epochs)
            yield FieldCaution("patience", text)
