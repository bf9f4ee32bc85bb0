from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

import torch
from torch import Tensor

from engine.frame import Channel
from engine.parts.probes import Moment, Need, Probe, Subject, quantize, require


class Disagreement(Probe):
    """Disagreement: how far the members of a bagged network lie apart all over the input space.

    Classes: √(Σ Var p / 2) over the classes, with two of them the standard deviation of p; at most ½. Regression: the
    standard deviation of the predictions.

    Use: To see where a prediction can be relied on.

    Trouble: Members that make the same mistake agree: low disagreement is no proof of being right.

    Reading: high where no examples are and along boundaries; there the common answer is a guess.

    Shape: 2-D inputs (1, side, side) int8, 127 standing for `disagreement_scale`, row 0 at the lowest second
    coordinate. 1-D inputs: (points,) float32 under the key `spread`.

    Source: Lakshminarayanan, Pritzel and Blundell, Simple and scalable predictive uncertainty estimation, 2017.
    """

    rank: ClassVar[int] = 14
    is_automatic: ClassVar[bool] = True
    needs: ClassVar[frozenset[Need]] = frozenset({"members", "plane"})
    kind: Literal["disagreement"] = "disagreement"

    def channel(self, subject: Subject) -> Channel | None:
        if subject.members < 2 or not subject.extent or len(subject.in_shape) != 1:
            return None
        formula = "√(Σ Var p / 2)" if subject.task == "classification" else "√Var ŷ"
        if subject.in_shape == (1,):
            return Channel("spread", "Disagreement", formula, "", "curve", extent=subject.extent)
        return Channel(self.kind, "Disagreement", formula, "", "grid", extent=subject.extent)

    def measure(self, moment: Moment, subject: Subject) -> Mapping[str, Tensor]:
        predictions = require(require(moment.holdout).member_planes)  # (members, points, outputs)
        classes = subject.task == "classification"
        if classes:
            predictions = predictions.softmax(2) if subject.softmax else predictions.clamp(0, 1)
        variance = predictions.var(0, correction=0)  # (points, outputs)
        # halved: with two classes p and 1 − p have the same variance, and it would count twice
        deviation = (variance.sum(1) / 2 if classes else variance[:, 0]).sqrt()  # (points,)
        if subject.in_shape == (1,):
            return {"spread": deviation}
        side = round(len(deviation) ** 0.5)
        # 0.5: members that are sure, half of them of one class; a fixed scale lets maps of two steps be compared
        scale = torch.full((), 0.5, device=deviation.device) if classes else deviation.amax().clamp_min(1e-12)
        grid = (deviation / scale).clamp(max=1).reshape(1, side, side)
        return {self.kind: quantize(grid), "disagreement_scale": scale[None]}
