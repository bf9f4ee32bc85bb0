from __future__ import annotations

from typing import ClassVar, Literal

from torch import Generator, Tensor

from engine.initializers import Fan, Initializer


class GlorotUniform(Initializer):
    """Glorot uniform: weights from U(−b, b) with b = √(6 / (fan_in + fan_out)).

    The same variance as Glorot normal, 2 / (fan_in + fan_out), without tails.

    Source: Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010.
    """

    rank: ClassVar[int] = 3
    kind: Literal["glorot_uniform"] = "glorot_uniform"

    def fill_(self, weight: Tensor, fan: Fan, generator: Generator) -> None:
        bound = (6.0 / (fan.into + fan.out)) ** 0.5
        weight.uniform_(-bound, bound, generator=generator)
