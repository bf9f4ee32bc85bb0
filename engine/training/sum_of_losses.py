"""The loss of a network with several ends. Exported programs contain this very class."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class SumOfLosses(nn.Module):
    """J = Σ wₑ Lₑ over the heads; each has its own columns of the outputs and the targets.

    Shape: (batch, Σ outputs), (batch, Σ targets) → ()
    """

    def __init__(
        self, losses: Sequence[nn.Module], weights: list[float], outputs: Sequence[slice], targets: Sequence[slice]
    ) -> None:
        super().__init__()
        self.losses = nn.ModuleList(losses)
        self.weights, self.outputs, self.targets = weights, outputs, targets

    def compute_head_losses(self, outputs: Tensor, targets: Tensor) -> list[Tensor]:
        """Lₑ of each head, unweighted, () each."""
        columns = zip(self.losses, self.outputs, self.targets, strict=True)
        return [loss(outputs[:, own], targets[:, wanted]) for loss, own, wanted in columns]

    def forward(self, outputs: Tensor, targets: Tensor) -> Tensor:
        losses = self.compute_head_losses(outputs, targets)
        return torch.stack([loss * weight for loss, weight in zip(losses, self.weights, strict=True)]).sum()
