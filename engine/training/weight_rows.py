"""The rows of the weight instruments: all weights of each layer, and each kind apart where it has several."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from engine.network.build import Network
from engine.network.weights import rows
from engine.numerics.norms import lengths


class Rows:
    """The watched tensors of a network, their parts, and which of them each row takes together."""

    def __init__(self, network: Network, device: torch.device) -> None:
        self.watched = [one for stage in network.weighted for one in stage.weights]
        self.tensors = [one.tensor for one in self.watched]
        found: dict[str, list[int]] = {}
        before = 0
        for stage in network.weighted:
            own = rows(stage.name, stage.weights)
            found |= {name: [before + place for place in places] for name, places in own.items()}
            before += sum(len(one.kinds) for one in stage.weights)
        self.names = tuple(found)
        self.places = tuple(tuple(places) for places in found.values())
        self.plain = all(len(places) == 1 for places in self.places)
        self.taken = torch.tensor([place for places in self.places for place in places], device=device)
        self.row = torch.tensor([row for row, places in enumerate(self.places) for _ in places], device=device)

    def parts(self, tensors: Sequence[Tensor]) -> list[Tensor]:
        """One tensor for each watched one, part by part."""
        pairs = zip(self.watched, tensors, strict=True)
        return [piece for one, whole in pairs for piece in (one.split(whole) if len(one.kinds) > 1 else (whole,))]

    def norms(self, tensors: Sequence[Tensor]) -> Tensor:
        """‖·‖₂ of each row; that of several parts is √Σ‖part‖², added up in float64."""
        each = lengths(self.parts(tensors))
        if self.plain:
            return each
        none = torch.zeros(len(self.places), dtype=torch.float64, device=each.device)
        return none.index_add_(0, self.row, (each.double() ** 2)[self.taken]).sqrt().to(each.dtype)
