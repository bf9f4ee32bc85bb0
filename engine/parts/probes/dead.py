from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

import torch
from torch import Tensor

from engine.frame import Channel
from engine.parts.probes import Moment, Need, Probe, Subject, find_unit_axis


class Dead(Probe):
    r"""Dead units: share of a layer's units that are zero for the whole probe batch.

    A unit is a number of a vector, a feature of a sequence or a map of an image.

    Formula: \frac{\#\{u : h_u(x) = 0 \;\;\forall x\}}{\#\{u\}}

    Use: With ReLU, above all after raising the learning rate.

    Trouble: Dead for the probe batch is not dead for every input: on small batches it overstates.

    Reading: some are usual under ReLU; most of a layer means a learning rate that was too high or a bad start.

    Shape: (layers,)

    Source: Lu, Shin, Su and Karniadakis, Dying ReLU and initialization, 2020.
    """

    rank: ClassVar[int] = 3
    needs: ClassVar[frozenset[Need]] = frozenset({"activations"})
    kind: Literal["dead"] = "dead"

    def channel(self, subject: Subject) -> Channel:
        formula = "units with h = 0 on the whole probe batch / units"
        return Channel(self.kind, "Dead units", formula, "share", series=subject.observed, healthy=(0.0, 0.5))

    def measure(self, moment: Moment, subject: Subject) -> Mapping[str, Tensor]:
        return {self.kind: torch.stack([self._measure_layer(a) for a in moment.activations])}  # (layers,)

    @staticmethod
    def _measure_layer(activations: Tensor) -> Tensor:
        others = [axis for axis in range(activations.dim()) if axis != find_unit_axis(activations.dim())]
        alive = activations.abs().amax(others) != 0  # (units,), ten times as fast as `any` over several axes
        return 1 - alive.to(torch.float32).mean()
