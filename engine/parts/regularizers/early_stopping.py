from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from engine.catalogue.part import hparam
from engine.catalogue.run_plan import FieldCaution, RunPlan
from engine.message import Message
from engine.parts.regularizers import Regularizer, StoppingState


class EarlyStopping(Regularizer):
    r"""Early stopping: training ends when the validation loss has not improved for some epochs.

    b is the loss to beat, by more than δ; training ends when it has stood for p epochs. The weights of the epoch with
    the lowest loss are put back then, and also when the run ends by its length. Stopped by hand it keeps its last
    weights, diverged those of its last good checkpoint.

    Formula: b_e = \begin{cases} L_{\mathrm{val}, e} & L_{\mathrm{val}, e} < b_{e - 1} - \delta \\ b_{e - 1} &
    L_{\mathrm{val}, e} \ge b_{e - 1} - \delta \end{cases}, \qquad b_0 = \infty, \qquad b_e = b_{e - p}

    Use: Nearly always when there is a validation split: it costs nothing and saves time.

    Trouble: The validation loss was used to choose, so it flatters: keep a test split for the honest number. Too short
    a patience stops at a bump.

    Source: Prechelt, Early stopping — but when?, 1998.
    """

    rank: ClassVar[int] = 3
    keeps_best: ClassVar[bool] = True
    initial_state: ClassVar[StoppingState] = (float("inf"), 0)  # best loss, epochs without improvement
    kind: Literal["early_stopping"] = "early_stopping"
    patience: int = hparam(
        20, "Epochs without improvement that are waited for.", ge=1, le=10_000, unit="epochs", log=True
    )
    min_delta: float = hparam(0.0, "Smallest fall that counts as improvement.", ge=0, le=1)

    def update_state(self, state: StoppingState, validation_loss: float) -> StoppingState:
        best, waited = state
        return (validation_loss, 0) if validation_loss < best - self.min_delta else (best, waited + 1)

    def should_stop(self, state: StoppingState) -> bool:
        return state[1] >= self.patience

    def cautions(self, plan: RunPlan) -> Iterator[FieldCaution]:
        if plan.epochs <= self.patience:
            text = Message("It cannot end this run: it has only {epochs} whole epochs.", epochs=plan.epochs)
            yield FieldCaution("patience", text)
