from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

import torch
from torch import Tensor

from engine.catalogue.part import hparam
from engine.frame import Channel
from engine.parts.probes import Moment, Need, Probe, Subject, measure_share, sample_evenly

SAMPLE = 4096  # of a tensor: the standard error of its share is then at most 0.5 / √4096 = 0.8 %


class NearZero(Probe):
    """Weights near zero: share of each layer's weights with |w| under a threshold, after the step.

    Of a matrix of more than 4 096 weights every n-th is looked at, so that about that many are. Layers with several
    kinds of weights, recurrent ones and attention, have a share of all of them and one for each kind.

    Use: With an L1 penalty, to see how many weights the network could do without.

    Trouble: A small weight of a large input may still matter; and L1 under plain gradient steps hovers around zero
    instead of reaching it.

    Reading: L1 drives it up, since it pulls every weight by the same amount; L2 hardly moves it.

    Shape: (rows of weights,)

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
        shares = torch.stack([self._measure_tensor(weight) for weight in moment.weights])  # (tensors,)
        if all(len(part) == 1 for part in subject.parts):
            return {self.kind: shares}
        sizes = [weight.numel() for weight in moment.weights]
        return {self.kind: torch.stack([self._average(shares, sizes, part) for part in subject.parts])}  # (rows,)

    @staticmethod
    def _average(shares: Tensor, sizes: list[int], part: tuple[int, ...]) -> Tensor:
        total = sum(sizes[index] for index in part)
        return torch.stack([shares[index] * (sizes[index] / total) for index in part]).sum()

    def _measure_tensor(self, weight: Tensor) -> Tensor:
        return measure_share(sample_evenly(weight.detach(), SAMPLE).abs() < self.threshold)
