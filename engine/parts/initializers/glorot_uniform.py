from __future__ import annotations

from typing import ClassVar, Literal

from torch import Generator, Tensor

from engine.parts.initializers import Distribution, Fan, Initializer


class GlorotUniform(Initializer):
    r"""Glorot uniform: weights from U(−b, b) with b = √(6 / (fan_in + fan_out)).

    The same variance as Glorot normal, 2 / (fan_in + fan_out), without tails.

    Formula: W \sim \mathcal U(-b, b), \quad b = \sqrt{\frac{6}{\mathrm{fan\_in} + \mathrm{fan\_out}}}, \qquad
    \operatorname{Var}(W) = \frac{2}{\mathrm{fan\_in} + \mathrm{fan\_out}}

    Difference: Glorot's variance without tails.

    Use: Layers with tanh; the usual default of many libraries, and of this playground.

    Trouble: Under ReLU the signal shrinks by √2 a layer: in deep networks take He's.

    Source: Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010.
    """

    rank: ClassVar[int] = 3
    kind: Literal["glorot_uniform"] = "glorot_uniform"

    def fill_(self, weight: Tensor, fan: Fan, generator: Generator) -> None:
        # torch.nn.init.xavier_uniform_ with these fans, bit for bit
        bound = self.get_distribution(fan).scale
        weight.uniform_(-bound, bound, generator=generator)

    def get_distribution(self, fan: Fan) -> Distribution:
        return Distribution("uniform", (6.0 / (fan.fan_in + fan.fan_out)) ** 0.5)
