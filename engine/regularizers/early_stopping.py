from __future__ import annotations

from typing import ClassVar, Literal

from engine.parts import hparam
from engine.regularizers import Regularizer, Seen


class EarlyStopping(Regularizer):
    r"""Early stopping: training ends when the validation loss has not improved for some epochs.

    The weights of the best epoch are put back.

    Formula: \min_{i > e - p} L_{\mathrm{val}, i} \ge \min_{i \le e - p} L_{\mathrm{val}, i} - \delta

    Use: Nearly always when there is a validation split: it costs nothing and saves time.

    Trouble: The validation loss was used to choose, so it flatters: keep a test split for the honest number. Too short
    a patience stops at a bump.

    Source: Prechelt, Early stopping — but when?, 1998.
    """

    rank: ClassVar[int] = 3
    keeps_best: ClassVar[bool] = True
    blank: ClassVar[Seen] = (float("inf"), 0)
    kind: Literal["early_stopping"] = "early_stopping"
    patience: int = hparam(
        20, "Epochs without improvement that are waited for.", ge=1, le=10_000, unit="epochs", log=True
    )
    min_delta: float = hparam(0.0, "Smallest fall that counts as improvement.", ge=0, le=1)

    def follow(self, seen: Seen, validation_loss: float) -> Seen:
        best, waited = seen
        return (validation_loss, 0) if validation_loss < best - self.min_delta else (best, waited + 1)

    def ends(self, seen: Seen) -> bool:
        return seen[1] >= self.patience
