from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

import torch
from torch import Tensor

from engine.frame import Channel
from engine.parts.probes import Moment, Need, Probe, Subject, sample_evenly

BINS, SAMPLE = 32, 1024  # 32 values a bin on average: enough for the outline, and cheap ten times a second


class ActivationHistogram(Probe):
    """Activation histogram: how often each output value occurs in a layer, from lowest to highest.

    Use: First of all instruments for first weights and depth: read it from the first layer to the last.

    Trouble: It shows the probe batch alone, in evaluation: what batch statistics or dropout do in training is not in
    it.

    Reading: a spike at zero is a layer that has died out, spikes at both ends are saturation; healthy layers keep
    about the same width from first to last.

    Shape: (layers, 2 + 32): lowest and highest value of the whole probe batch, then counts in 32 equal bins between
    them, of a sample.

    Cost: one pass for the extremes; at most 1 024 values a layer are counted, evenly spaced through the probe batch.

    Source: Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010.
    """

    rank: ClassVar[int] = 0
    needs: ClassVar[frozenset[Need]] = frozenset({"activations"})
    kind: Literal["activation_histogram"] = "activation_histogram"

    def channel(self, subject: Subject) -> Channel:
        formula = "counts of a sample of h in 32 bins from min h to max h"
        return Channel(self.kind, "Activations", formula, "count", "histogram", series=subject.observed)

    def measure(self, moment: Moment, subject: Subject) -> Mapping[str, Tensor]:
        return {self.kind: torch.stack([self._row(a) for a in moment.activations])}

    @staticmethod
    def _row(activations: Tensor) -> Tensor:
        values = sample_evenly(activations, SAMPLE)  # (about SAMPLE,)
        low, high = activations.aminmax()  # of all: an outlier that the sample misses belongs to the range
        # where the range is empty or not finite everything falls into the first bin; the range itself tells
        bins = ((values - low) * (BINS / (high - low))).nan_to_num(0.0, 0.0, 0.0).clamp(0, BINS - 1).long()
        counts = torch.zeros(BINS, device=values.device).index_add_(0, bins, torch.ones_like(values))
        return torch.cat([low[None], high[None], counts])  # (2 + BINS,)
