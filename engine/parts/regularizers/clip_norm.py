from __future__ import annotations

from typing import ClassVar, Literal

from torch import Tensor

from engine.catalogue.part import hparam
from engine.numerics.norms import shorten_
from engine.parts.regularizers import Regularizer


class ClipNorm(Regularizer):
    r"""Clip by norm: if the gradient of all parameters together is longer than the threshold, it is scaled down to it.

    The direction stays. Acts after the penalties.

    Formula: g \leftarrow g \cdot \min\!\left(1, \frac{c}{\lVert g \rVert_2}\right)

    Use: Recurrent networks, and wherever single batches give gradients many times longer than usual.

    Trouble: A threshold under the usual norm makes every step the same length: it then acts like a smaller rate. Look
    at the gradient norms first.

    Source: Pascanu, Mikolov and Bengio, On the difficulty of training recurrent neural networks, 2013.
    """

    rank: ClassVar[int] = 2
    position_in_step: ClassVar[int] = 2
    kind: Literal["clip_norm"] = "clip_norm"
    threshold: float = hparam(1.0, "Longest gradient allowed.", gt=0, le=1000, log=True)

    def clip_(self, gradients: list[Tensor]) -> None:
        # torch.nn.utils.clip_grad_norm_ without its 1e-6 in the divisor, and for norms whose square overflows float32
        shorten_(gradients, self.threshold)
