from __future__ import annotations

from typing import ClassVar, Literal

from torch import Generator, Tensor

from engine.parts.initializers import Distribution, Fan, Initializer


class GlorotNormal(Initializer):
    r"""Glorot normal: weights from N(0, 2 / (fan_in + fan_out)).

    A compromise that keeps both the signal and its gradient near one size under tanh.

    Formula: W \sim \mathcal N\!\left(0, \tfrac{2}{\mathrm{fan\_in} + \mathrm{fan\_out}}\right), \qquad
    \operatorname{Var}(W) = \frac{2}{\mathrm{fan\_in} + \mathrm{fan\_out}}

    Difference: The paper's: standard deviation √(2 / (fan_in + fan_out)), the 2 inside the root.

    Use: Layers with tanh or another activation that is close to the identity around zero.

    Trouble: Under ReLU the signal shrinks by √2 a layer: in deep networks take He's.

    Source: Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010.
    """

    rank: ClassVar[int] = 2
    kind: Literal["glorot_normal"] = "glorot_normal"

    def fill_(self, weight: Tensor, fan: Fan, generator: Generator) -> None:
        # torch.nn.init.xavier_normal_ with these fans, bit for bit
        weight.normal_(0.0, self.get_distribution(fan).scale, generator=generator)

    def get_distribution(self, fan: Fan) -> Distribution:
        return Distribution("normal", (2.0 / (fan.fan_in + fan.fan_out)) ** 0.5)
