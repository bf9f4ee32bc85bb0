from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

import torch
from torch import Tensor

from engine.frame import Channel
from engine.parts.probes import Moment, Need, Probe, Subject


class ActivationMean(Probe):
    r"""Activation mean: mean of a layer's outputs over the probe batch.

    Formula: \bar h = \frac1N \sum h

    Use: To see sigmoid and ReLU shift the signal away from zero.

    Trouble: A mean near zero says nothing of the width: read it with the deviation.

    Reading: far from zero for every layer, and the next layer's gradients all push the same way.

    Shape: (layers,)

    Source: LeCun, Bottou, Orr and Müller, Efficient BackProp, 1998.
    """

    rank: ClassVar[int] = 1
    needs: ClassVar[frozenset[Need]] = frozenset({"activations"})
    kind: Literal["activation_mean"] = "activation_mean"

    def channel(self, subject: Subject) -> Channel:
        return Channel(self.kind, "Mean activation", "mean h", series=subject.observed)

    def measure(self, moment: Moment, subject: Subject) -> Mapping[str, Tensor]:
        return {self.kind: torch.stack([a.mean() for a in moment.activations])}  # (layers,)
