from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from torch import Tensor

from engine.frame import Channel
from engine.numerics.norms import compute_deviations
from engine.parts.probes import Moment, Need, Probe, Subject


class ActivationStd(Probe):
    r"""Activation deviation: standard deviation of a layer's outputs over the probe batch.

    Formula: \sigma_h = \sqrt{\tfrac1N \sum (h - \bar h)^2}

    Use: To check an initializer: the deviation should stay about the same from layer to layer.

    Trouble: Batch or layer normalization hides a bad start from it.

    Reading: falling from layer to layer is a signal that dies out, rising is one that explodes.

    Shape: (layers,)

    Source: Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010.
    """

    rank: ClassVar[int] = 2
    needs: ClassVar[frozenset[Need]] = frozenset({"activations"})
    kind: Literal["activation_std"] = "activation_std"

    def channel(self, subject: Subject) -> Channel:
        return Channel(self.kind, "Activation deviation", "√mean (h − mean h)²", series=subject.observed)

    def measure(self, moment: Moment, subject: Subject) -> Mapping[str, Tensor]:
        return {self.kind: compute_deviations(moment.activations)}  # (layers,)
