"""The rows of the weight probes: one for all weights of a layer, and one for each kind where a layer has several."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from engine.network.build import Network
from engine.network.weights import index_rows
from engine.numerics.norms import compute_norms


class WeightRows:
    """The weights of a network, cut into parts by kind, and the parts that each row combines.

    `parts_of_rows`: the indices of the parts of each row. A recurrent layer has a part W, a part U and three rows: both
    together, W and U.
    """

    def __init__(self, network: Network, device: torch.device) -> None:
        self.weights = [weight for stage in network.weighted for weight in stage.weights]
        self.tensors = [weight.tensor for weight in self.weights]
        parts_by_name: dict[str, list[int]] = {}
        before = 0
        for stage in network.weighted:
            own = index_rows(stage.name, stage.weights)
            parts_by_name |= {name: [before + index for index in indices] for name, indices in own.items()}
            before += sum(len(weight.kinds) for weight in stage.weights)
        self.names = tuple(parts_by_name)
        self.parts_of_rows = tuple(tuple(indices) for indices in parts_by_name.values())
        self.has_plain_rows = all(len(indices) == 1 for indices in self.parts_of_rows)
        pairs = [(index, row) for row, indices in enumerate(self.parts_of_rows) for index in indices]
        self.part = torch.tensor([index for index, _ in pairs], device=device)  # (pairs,)
        self.row = torch.tensor([row for _, row in pairs], device=device)  # (pairs,)

    def split_parts(self, tensors: Sequence[Tensor]) -> list[Tensor]:
        """The parts of tensors that have the shapes of the weights, such as their gradients."""
        pairs = zip(self.weights, tensors, strict=True)
        return [part for weight, t in pairs for part in (weight.split(t) if len(weight.kinds) > 1 else (t,))]

    def compute_norms(self, tensors: Sequence[Tensor]) -> Tensor:
        """‖·‖₂ of each row, (rows,); over several parts √Σ‖part‖², summed in float64."""
        norms = compute_norms(self.split_parts(tensors))  # (parts,)
        if self.has_plain_rows:
            return norms
        squares = torch.zeros(len(self.parts_of_rows), dtype=torch.float64, device=norms.device)  # (rows,)
        return squares.index_add_(0, self.row, (norms.double() ** 2)[self.part]).sqrt().to(norms.dtype)
