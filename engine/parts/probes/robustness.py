from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

import torch
from torch import Tensor

from engine.frame import Channel
from engine.parts.probes import Moment, Need, Probe, Subject, measure_score, require


class Robustness(Probe):
    """Robustness: share of right answers on validation examples, as they are and as the attack leaves them.

    Of the first 256 examples, fewer for large networks; R² for a regression.

    Use: Beside accuracy wherever somebody could choose the inputs; and to compare training with attacks and without.

    Trouble: It is measured against this one attack: a stronger one finds more.

    Reading: the gap is what the attack takes. Training on attacks narrows it, often for a little accuracy on examples
    as they are.

    Shape: (clean, attacked)

    Cost: one forward pass, one more for the attacked examples, and one forward and backward pass for each gradient.

    Source: Goodfellow, Shlens and Szegedy, Explaining and harnessing adversarial examples, 2015.
    """

    rank: ClassVar[int] = 11
    is_automatic: ClassVar[bool] = True
    needs: ClassVar[frozenset[Need]] = frozenset({"attack"})
    kind: Literal["robustness"] = "robustness"

    def channel(self, subject: Subject) -> Channel | None:
        if not subject.attacked:
            return None
        formula = "right answers / examples" if subject.task == "classification" else "R²"
        return Channel(self.kind, "Under attack", formula, "share", "scores", series=("clean", "attacked"))

    def measure(self, moment: Moment, subject: Subject) -> Mapping[str, Tensor]:
        trial = require(moment.holdout)
        clean, attacked = (
            measure_score(outputs, trial.targets, subject)
            for outputs in (trial.outputs, require(trial.attacked_outputs))
        )
        return {self.kind: torch.stack([clean, attacked])}
