from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

import torch
from torch import Tensor

from engine.frame import Channel
from engine.probes import Moment, Need, Probe, Subject

LIMIT = 1024


class Units(Probe):
    """Unit responses: what each unit of each layer answers all over the input plane, for 2-D inputs.

    Use: Two-dimensional data sets: to see what each unit adds.

    Trouble: Each map has its own scale: a unit that hardly answers looks as strong as the others.

    Reading: early units cut the plane once; later ones combine the cuts. Units that look the same are wasted.

    Shape: (units, side, side) int8, each unit in units of its own largest absolute value, `units_scale`.

    Cost: a ninth of the points of the output map; at most 1 024 units are shown, the first of each layer.

    Source: Smilkov and Carter, TensorFlow Playground, 2016.
    """

    rank: ClassVar[int] = 9
    needs: ClassVar[frozenset[Need]] = frozenset({"plane"})
    kind: Literal["units"] = "units"

    def channel(self, subject: Subject) -> Channel | None:
        if subject.in_shape != (2,) or not subject.extent:
            return None
        shown = zip(subject.observed, subject.units, strict=True)
        names = tuple(name for name, units in shown for _ in range(min(units, share(subject))))
        return Channel(self.kind, "Units", "h(x)", "", "units", series=names, extent=subject.extent)

    def measure(self, moment: Moment, subject: Subject) -> Mapping[str, Tensor]:
        side = round(moment.plane_units[0].shape[0] ** 0.5)
        shown = [outputs[:, : share(subject)] for outputs in moment.plane_units]
        maps = torch.cat(shown, 1).T.reshape(-1, side, side)  # (units, side, side)
        maps = maps[:, ::3, ::3]
        scale = maps.abs().amax((1, 2)).clamp_min(1e-12)
        return {
            "units": (maps / scale[:, None, None] * 127).round().nan_to_num(0.0).to(torch.int8),
            "units_scale": scale,
        }


def share(subject: Subject) -> int:
    """How many units of a layer are shown: all, or an even share of the limit."""
    return max(subject.units) if sum(subject.units) <= LIMIT else LIMIT // len(subject.units)
