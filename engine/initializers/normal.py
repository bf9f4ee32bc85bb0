from __future__ import annotations

from typing import ClassVar, Literal

from torch import Generator, Tensor

from engine.initializers import Fan, Initializer
from engine.parts import hparam


class Normal(Initializer):
    """Normal: weights from N(0, std²), whatever the layer's size.

    Too small and the signal dies out layer by layer; too large and it saturates or explodes.

    Source: Krizhevsky, Sutskever and Hinton, ImageNet classification with deep CNNs, 2012 (std = 0.01).
    """

    rank: ClassVar[int] = 7
    kind: Literal["normal"] = "normal"
    std: float = hparam(0.1, "Standard deviation.", gt=0, le=10, log=True)

    def fill_(self, weight: Tensor, fan: Fan, generator: Generator) -> None:
        weight.normal_(0.0, self.std, generator=generator)
