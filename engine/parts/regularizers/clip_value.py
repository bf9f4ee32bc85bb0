from __future__ import annotations

from typing import ClassVar, Literal

import torch
from torch import Tensor

from engine.catalogue.part import hparam
from engine.parts.regularizers import Regularizer


class ClipValue(Regularizer):
    r"""Clip by value: every entry of the gradient is cut to between −threshold and threshold.

    Large entries are cut and small ones stay, so the direction changes; clipping by norm keeps it. Acts after the
    penalties, and before clipping by norm if both are on.

    Formula: g_i \leftarrow \min\bigl(c, \max(-c, g_i)\bigr)

    Use: When single entries explode and the rest should count in full.

    Trouble: The direction changes, the more the more entries are cut; with Adam, which scales each entry, it changes
    little.

    Source: Mikolov, Statistical language models based on neural networks, 2012, section 3.2.2.
    """

    rank: ClassVar[int] = 2
    position_in_step: ClassVar[int] = 1
    kind: Literal["clip_value"] = "clip_value"
    threshold: float = hparam(0.5, "Largest entry allowed.", gt=0, le=1000, log=True)

    def clip_(self, gradients: list[Tensor]) -> None:
        # two kernels for all tensors, as in torch.nn.utils.clip_grad_value_
        torch._foreach_clamp_min_(gradients, -self.threshold)
        torch._foreach_clamp_max_(gradients, self.threshold)
