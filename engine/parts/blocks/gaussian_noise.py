from __future__ import annotations

from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from engine.catalogue.part import hparam
from engine.parts.blocks import Block, Shape


class GaussianNoise(Block):
    r"""Gaussian noise: x + N(0, σ²) in training, x in evaluation; on the inputs as first block, on hidden units later.

    Formula: y = x + \sigma\,n, \qquad n \sim \mathcal N(0, I)

    Use: As the first block to make more of few examples; on hidden units as a regularizer.

    Trouble: σ counts in units of what comes in: after ReLU with large outputs it does nothing, on inputs scaled to 0…1
    it hides them.

    Shape: unchanged.

    Source: Bishop, Training with noise is equivalent to Tikhonov regularization, 1995.
    """

    rank: ClassVar[int] = 16
    is_random: ClassVar[bool] = True
    kind: Literal["gaussian_noise"] = "gaussian_noise"
    std: float = hparam(0.1, "Standard deviation σ.", ge=0, le=10, live=True)

    def build(self, in_shape: Shape, other_shape: Shape | None = None) -> nn.Module:
        return AdditiveNoise(self.std)

    def update_live_fields(self, module: nn.Module) -> None:
        assert isinstance(module, AdditiveNoise)
        module.std = self.std


class AdditiveNoise(nn.Module):
    """x + N(0, std²) in training, x in evaluation; of any shape."""

    def __init__(self, std: float) -> None:
        super().__init__()
        self.std = std

    def forward(self, x: Tensor) -> Tensor:
        return x + self.std * torch.randn_like(x) if self.training else x
