from __future__ import annotations

from typing import ClassVar, Literal

from torch import Generator, Tensor

from engine.initializers import Fan, Initializer


class LecunNormal(Initializer):
    """LeCun normal: weights from N(0, 1 / fan_in).

    Keeps the size of the signal where the activation is close to the identity around zero.

    Source: LeCun, Bottou, Orr and Müller, Efficient BackProp, 1998.
    """

    rank: ClassVar[int] = 4
    kind: Literal["lecun_normal"] = "lecun_normal"

    def fill_(self, weight: Tensor, fan: Fan, generator: Generator) -> None:
        weight.normal_(0.0, fan.into**-0.5, generator=generator)
