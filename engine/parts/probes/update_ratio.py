from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

import torch
from torch import Tensor

from engine.frame import Channel
from engine.parts.probes import Moment, Need, Probe, Subject, require


class UpdateRatio(Probe):
    r"""Update ratio: ‖Δw‖₂ / ‖w‖₂, with Δw the change that the optimizer's step really made.

    Measured after the step, so momentum, adaptive rates, decay and clipping are all in it. Not a number while all
    weights of the layer are zero. Recurrent layers and attention have a row for all their weights and one for each
    kind.

    Formula: \frac{\lVert \Delta w \rVert_2}{\lVert w \rVert_2}

    Use: To set the learning rate: the best single number for it.

    Trouble: It falls by itself as the weights grow; layers that start at zero have none at first.

    Reading: around 10⁻³ (CS231n) to 10⁻² (other lectures), the band, learning is usually steady. Far above it the
    learning rate is too high and the layer is thrown about; below 10⁻⁴ it hardly learns.

    Shape: (rows of weights,)

    Source: Karpathy, CS231n course notes, Neural networks part 3, 2015.
    """

    rank: ClassVar[int] = 5
    needs: ClassVar[frozenset[Need]] = frozenset({"updates"})
    compares_runs: ClassVar[bool] = True
    kind: Literal["update_ratio"] = "update_ratio"

    def channel(self, subject: Subject) -> Channel:
        formula = "‖Δw‖₂ / ‖w‖₂"
        return Channel(self.kind, "Update ratio", formula, "", "lines", "log", subject.weighted, (1e-3, 1e-2))

    def measure(self, moment: Moment, subject: Subject) -> Mapping[str, Tensor]:
        norms = require(moment.weight_norms)
        ratio = require(moment.update_norms) / norms
        return {self.kind: torch.where(norms > 0, ratio, torch.nan)}
