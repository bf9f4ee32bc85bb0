from __future__ import annotations

from typing import ClassVar, Literal

from engine.parts import hparam
from engine.schedules import Progress, Schedule


class Exponential(Schedule):
    """Exponential: α₀ γ^(e − 1) in epoch e, counted from 1.

    The same share is lost in every epoch: half of the rate after ln 2 / (1 − γ) of them, about 69 for γ = 0.99.

    Source: Goodfellow, Bengio and Courville, Deep Learning, 2016, section 8.3.
    """

    rank: ClassVar[int] = 2
    kind: Literal["exponential"] = "exponential"
    gamma: float = hparam(0.99, "Factor of each epoch, γ.", gt=0, le=1)

    def factor(self, progress: Progress) -> float:
        return float(self.gamma**progress.epoch)
