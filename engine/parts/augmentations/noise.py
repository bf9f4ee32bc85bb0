from __future__ import annotations

from typing import ClassVar, Literal

import torch
from torch import Generator, Tensor

from engine.catalogue.part import hparam
from engine.parts.augmentations import Augmentation


class InputNoise(Augmentation):
    r"""Noise: x + σ · N(0, 1) for every input of every example, anew in every step.

    For a linear network and squared error it acts as an L2 penalty on the weights. σ counts after preprocessing.

    Formula: \tilde x = x + \sigma\,n, \quad n \sim \mathcal N(0, I)

    Use: Small data sets, of any kind of input; try a tenth of the inputs' deviation.

    Trouble: Too much of it hides the data, and training and validation loss rise together.

    Source: Bishop, Training with noise is equivalent to Tikhonov regularization, 1995.
    """

    rank: ClassVar[int] = 4
    kind: Literal["noise"] = "noise"
    std: float = hparam(0.1, "Standard deviation of the noise.", ge=0, le=10, log=True)

    def apply(self, x: Tensor, y: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
        return x + self.std * torch.randn(x.shape, generator=generator, device=x.device), y
