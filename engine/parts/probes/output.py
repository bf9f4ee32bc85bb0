from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

import torch
from torch import Tensor

from engine.frame import Channel
from engine.parts.probes import Moment, Need, Probe, Subject, quantize, require


class Output(Probe):
    """Output: what the network answers all over its input space, for 1-D and 2-D inputs.

    Two classes: probability of the second less that of the first, from −1 to 1. More classes: each one's
    probability. Regression: the predicted value. A loss without softmax shows outputs limited to those ranges.

    Use: Two-dimensional data sets: to see under- and over-fitting with one's own eyes.

    Trouble: Far from the points the answer means nothing, however sure it looks.

    Shape: 2-D inputs (maps, side, side) int8, 127 standing for 1, row 0 at the lowest second coordinate; a
    regression's is in units of `output_scale`. 1-D inputs: (points,) float32 under the key `curve`.

    Source: Smilkov and Carter, TensorFlow Playground, 2016.
    """

    rank: ClassVar[int] = 8
    needs: ClassVar[frozenset[Need]] = frozenset({"plane"})
    kind: Literal["output"] = "output"

    def channel(self, subject: Subject) -> Channel | None:
        if subject.in_shape == (1,) and subject.extent:
            return Channel("curve", "Output", "ŷ(x)", "", "curve", extent=subject.extent)
        if subject.in_shape == (2,) and subject.extent:
            formula = "p(blue) − p(orange)" if subject.task == "classification" else "ŷ(x)"
            return Channel(self.kind, "Output", formula, "", "grid", extent=subject.extent)
        return None

    def measure(self, moment: Moment, subject: Subject) -> Mapping[str, Tensor]:
        plane = require(moment.plane)  # (points, outputs)
        if subject.in_shape == (1,):
            return {"curve": plane[:, 0]}
        side = round(plane.shape[0] ** 0.5)
        if subject.task == "regression":
            scale = plane[:, 0].abs().amax().clamp_min(1e-12)  # (), never 0: a network may answer 0 everywhere
            maps = plane[:, :1] / scale  # (points, 1)
        else:
            scale, maps = torch.ones((), device=plane.device), self._map_classes(plane, subject)
        grid = quantize(maps.T.reshape(-1, side, side))  # (maps, side, side)
        return {"output": grid, "output_scale": scale[None]}

    @staticmethod
    def _map_classes(plane: Tensor, subject: Subject) -> Tensor:
        """Probabilities (points, classes); of two classes p₂ − p₁ alone, (points, 1), whose zeros are the boundary."""
        shares = plane.softmax(1) if subject.softmax else plane.clamp(0, 1)
        return shares[:, 1:] - shares[:, :1] if subject.outputs == 2 else shares
