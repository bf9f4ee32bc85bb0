from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
import torch
from torch import Generator, Tensor

from engine.catalogue.part import hparam
from engine.parts.augmentations import Augmentation


class Mixup(Augmentation):
    r"""Mixup: examples and their targets are blended in pairs, λx + (1 − λ)x′, λ drawn from Beta(α, α) for each batch.

    A small α mostly leaves one of the two, α = 1 makes every blend as likely. The training loss counts the blend of the
    two targets and cannot reach 0 any more; the training accuracy counts the larger part.

    Formula: \tilde x = \lambda x + (1 - \lambda)\,x', \quad \tilde y = \lambda y + (1 - \lambda)\,y', \qquad \lambda
    \sim \mathrm{Beta}(\alpha, \alpha)

    Use: Classification with few examples or some wrong labels.

    Trouble: The training loss cannot be compared with that of other runs; between the arms of a spiral a blend carries
    a label that is plainly wrong.

    Source: Zhang, Cisse, Dauphin and Lopez-Paz, mixup: beyond empirical risk minimization, 2018.
    """

    rank: ClassVar[int] = 5
    mixes: ClassVar[bool] = True
    kind: Literal["mixup"] = "mixup"
    alpha: float = hparam(0.2, "How even the blends are, α.", gt=0, le=10, log=True)

    def apply(self, x: Tensor, y: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
        other = torch.randperm(len(x), generator=generator, device=x.device)
        share = float(np.random.default_rng(generator.initial_seed()).beta(self.alpha, self.alpha))
        return torch.lerp(x[other], x, share), torch.lerp(y[other], y, share)
