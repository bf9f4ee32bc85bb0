from __future__ import annotations

from typing import ClassVar, Literal

from torch import Generator, Tensor

from engine.initializers import Fan, Initializer


class GlorotNormal(Initializer):
    """Glorot normal: weights from N(0, 2 / (fan_in + fan_out)).

    A compromise that keeps both the signal and its gradient near one size under tanh.

    Source: Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010.
    """

    rank: ClassVar[int] = 2
    kind: Literal["glorot_normal"] = "glorot_normal"

    def fill_(self, weight: Tensor, fan: Fan, generator: Generator) -> None:
        weight.normal_(0.0, (2.0 / (fan.into + fan.out)) ** 0.5, generator=generator)
