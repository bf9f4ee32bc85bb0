from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

import torch
from torch import Tensor

from engine.frame import Channel
from engine.parts.probes import Moment, Need, Probe, Subject

MAX_WEIGHTS = 4096


class Weights(Probe):
    """Weights: every weight between the units that are drawn, after the step, for dense networks over the plane.

    Use: Small dense networks over the plane: to see which unit listens to which.

    Trouble: Each layer has its own scale: widths of two layers cannot be compared.

    Reading: blue pushes the next unit up, orange pushes it down; the wider the link, the larger the weight.

    Shape: int8, each layer's (out, in) matrix row after row, in units of its largest absolute weight,
    `weights_scale` (layers,). Networks of more than 4 096 weights have none: the links could not be told apart.

    Source: Smilkov and Carter, TensorFlow Playground, 2016.
    """

    rank: ClassVar[int] = 10
    needs: ClassVar[frozenset[Need]] = frozenset({"weights"})
    kind: Literal["weights"] = "weights"

    def channel(self, subject: Subject) -> Channel | None:
        count = sum(torch.Size(shape).numel() for shape in subject.linked)
        if subject.in_shape != (2,) or not subject.linked or subject.linked[0][1:] != (2,) or count > MAX_WEIGHTS:
            return None
        return Channel(self.kind, "Weights", "w", mark="links", series=subject.weighted)

    def measure(self, moment: Moment, subject: Subject) -> Mapping[str, Tensor]:
        scales = torch.stack([weight.abs().amax() for weight in moment.weights]).clamp_min(1e-12)
        scaled = [weight.reshape(-1) / scale for weight, scale in zip(moment.weights, scales, strict=True)]
        whole = (torch.cat(scaled) * 127).round().nan_to_num(0.0).to(torch.int8)
        return {"weights": whole, "weights_scale": scales}
