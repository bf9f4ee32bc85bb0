"""The loss of a network with several ends. Exported programs contain this very class."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class SumOfLosses(nn.Module):
    """J = Σ wₑ Lₑ over the ends; each has columns of its own in outputs and targets."""

    def __init__(
        self, losses: Sequence[nn.Module], weights: list[float], outputs: Sequence[slice], targets: Sequence[slice]
    ) -> None:
        super().__init__()
        self.losses = nn.ModuleList(losses)
        self.weights, self.outputs, self.targets = weights, outputs, targets

    def parts(self, outputs: Tensor, targets: Tensor) -> list[Tensor]:
        """Each end's own loss."""
        columns = zip(self.losses, self.outputs, self.targets, strict=True)
        return [loss(outputs[:, own], targets[:, wanted]) for loss, own, wanted in columns]

    def forward(self, outputs: Tensor, targets: Tensor) -> Tensor:
        parts = self.parts(outputs, targets)
        return torch.stack([part * weight for part, weight in zip(parts, self.weights, strict=True)]).sum()
