from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

import torch
from torch import Tensor

from engine.frame import Channel
from engine.parts.probes import Moment, Need, Probe, Subject, average_per_unit, find_unit_axis

MAX_UNITS = 1024


class Units(Probe):
    """Unit responses: what each unit of each layer answers all over the input plane, for 2-D inputs.

    A unit is a number of a vector, a feature of a sequence or a map of an image. Of a feature the mean over time is
    shown, of a map the mean over its pixels.

    Use: Two-dimensional data sets: to see what each unit adds.

    Trouble: Each map has its own scale: a unit that hardly answers looks as strong as the others.

    Reading: early units cut the plane once; later ones combine the cuts. Units that look the same are wasted.

    Shape: (units, side, side) int8, each unit in units of its own largest absolute value, `units_scale`.

    Cost: every third row and column of the output map, from end to end; at most 1 024 units are shown, the first of
    each layer.

    Source: Smilkov and Carter, TensorFlow Playground, 2016.
    """

    rank: ClassVar[int] = 9
    needs: ClassVar[frozenset[Need]] = frozenset({"plane"})
    kind: Literal["units"] = "units"

    def channel(self, subject: Subject) -> Channel | None:
        if subject.in_shape != (2,) or not subject.extent:
            return None
        shown = zip(subject.observed, count_units(subject), strict=True)
        names = tuple(name for name, units in shown for _ in range(min(units, limit_units(subject))))
        means = any(len(shape) > 1 for shape in subject.shapes)
        formula = "h(x), mean over time or pixels" if means else "h(x)"
        return Channel(self.kind, "Units", formula, "", "units", series=names, extent=subject.extent)

    def measure(self, moment: Moment, subject: Subject) -> Mapping[str, Tensor]:
        side = round(moment.plane_units[0].shape[0] ** 0.5)
        shown = [average_per_unit(outputs)[:, : limit_units(subject)] for outputs in moment.plane_units]
        maps = torch.cat(shown, 1).T.reshape(-1, side, side)  # (units, side, side)
        maps = maps[:, ::3, ::3]
        scale = maps.abs().amax((1, 2)).clamp_min(1e-12)
        return {
            "units": (maps / scale[:, None, None] * 127).round().nan_to_num(0.0).to(torch.int8),
            "units_scale": scale,
        }


def count_units(subject: Subject) -> list[int]:
    """How many units each observed layer has."""
    return [shape[find_unit_axis(len(shape) + 1) - 1] for shape in subject.shapes]


def limit_units(subject: Subject) -> int:
    """How many units of a layer are shown: all, or an even share of the limit."""
    units = count_units(subject)
    return max(units) if sum(units) <= MAX_UNITS else MAX_UNITS // len(units)
