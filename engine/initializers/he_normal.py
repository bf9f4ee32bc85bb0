from __future__ import annotations

from typing import ClassVar, Literal

from torch import Generator, Tensor

from engine.initializers import Fan, Initializer


class HeNormal(Initializer):
    """He normal: weights from N(0, 2 / fan_in).

    Keeps the size of the signal from layer to layer under ReLU, which throws half of it away.

    Source: He, Zhang, Ren and Sun, Delving deep into rectifiers, 2015.
    """

    rank: ClassVar[int] = 0
    kind: Literal["he_normal"] = "he_normal"

    def fill_(self, weight: Tensor, fan: Fan, generator: Generator) -> None:
        weight.normal_(0.0, (2.0 / fan.into) ** 0.5, generator=generator)
