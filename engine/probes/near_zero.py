from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

import torch
from torch import Tensor

from engine.frame import Channel
from engine.parts import hparam
from engine.probes import Moment, Need, Probe, Subject, sampled

SAMPLE = 4096


class NearZero(Probe):
    """Weights near zero: share of each layer's weights with |w| under a threshold, after the step.

    Of a layer of more than 4 096 weights every n-th is looked at, so that about that many are.

    Use: With an L1 penalty, to see how many weights the network could do without.

    Trouble: A small weight of a large input may still matter; and L1 under plain gradient steps hovers around zero
    instead of reaching it.

    Reading: L1 drives it up, since it pulls every weight by the same amount; L2 hardly moves it.

    Shape: (layers with weights,)

    Source: Tibshirani, Regression shrinkage and selection via the lasso, 1996.
    """

    rank: ClassVar[int] = 11
    needs: ClassVar[frozenset[Need]] = frozenset({"weights"})
    kind: Literal["near_zero"] = "near_zero"
    threshold: float = hparam(0.001, "Weights smaller than this count as zero.", gt=0, le=1, log=True)

    def channel(self, subject: Subject) -> Channel:
        return Channel(
            self.kind, "Weights near zero", "weights with |w| < threshold / weights", "share", series=subject.weighted
        )

    def measure(self, moment: Moment, subject: Subject) -> Mapping[str, Tensor]:
        return {self.kind: torch.stack([self._share(weight) for weight in moment.weights])}

    def _share(self, weight: Tensor) -> Tensor:
        return (sampled(weight.detach(), SAMPLE).abs() < self.threshold).to(torch.float32).mean()
