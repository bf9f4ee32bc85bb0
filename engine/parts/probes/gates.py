from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

import torch
from torch import Tensor

from engine.frame import Channel
from engine.parts.probes import Moment, Need, Probe, Subject


class Gates(Probe):
    """Gates: how far the gates of LSTM and GRU layers stand open at each step of the sequence, from 0 to 1.

    The mean over units, directions and the probe batch. LSTM: f = σ(W x + U h + b) lets the old cell through, i the new
    value in, o the cell out. GRU: r lets the old state into the new value, z keeps the old state.

    Use: To see what an LSTM or GRU keeps and when: delayed recall shows the forget gate opening for the noise between.

    Trouble: The mean hides units that do the opposite of each other.

    Reading: a forget gate near 1 keeps its memory over many steps; one near 0 forgets at each.

    Shape: (gates, steps): one row a gate of each layer, one column a step of the sequence.

    Cost: one more pass of the recurrent layers over at most 64 examples of the probe batch.

    Source: Karpathy, Johnson and Fei-Fei, Visualizing and understanding recurrent networks, 2015.
    """

    rank: ClassVar[int] = 11
    needs: ClassVar[frozenset[Need]] = frozenset({"gates"})
    kind: Literal["gates"] = "gates"

    def channel(self, subject: Subject) -> Channel | None:
        if not subject.gates:
            return None
        return Channel(self.kind, "Gates", "mean of σ(W x + U h + b)", "", "heat", series=subject.gates)

    def measure(self, moment: Moment, subject: Subject) -> Mapping[str, Tensor]:
        longest = max(len(row) for row in moment.gates)  # layers after a pooling have fewer steps
        rows = [torch.nn.functional.pad(row, (0, longest - len(row)), value=torch.nan) for row in moment.gates]
        return {self.kind: torch.stack(rows)}  # (gates, steps)
