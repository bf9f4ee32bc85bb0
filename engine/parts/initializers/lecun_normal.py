from __future__ import annotations

from typing import ClassVar, Literal

from torch import Generator, Tensor

from engine.parts.initializers import Distribution, Fan, Initializer


class LecunNormal(Initializer):
    r"""LeCun normal: weights from N(0, 1 / fan_in).

    Keeps the size of the signal where the activation is close to the identity around zero.

    Formula: W \sim \mathcal N\!\left(0, \tfrac{1}{\mathrm{fan\_in}}\right), \qquad \operatorname{Var}(W) =
    \frac{1}{\mathrm{fan\_in}}

    Difference: Looks at fan_in alone; Glorot weighs both directions, He doubles it for ReLU.

    Use: Linear layers, and tanh when only the forward signal matters.

    Trouble: Under ReLU half of the signal's power is lost in every layer.

    Source: LeCun, Bottou, Orr and Müller, Efficient BackProp, 1998.
    """

    rank: ClassVar[int] = 4
    kind: Literal["lecun_normal"] = "lecun_normal"

    def fill_(self, weight: Tensor, fan: Fan, generator: Generator) -> None:
        # torch.nn.init.kaiming_normal_(nonlinearity="linear") with these fans, bit for bit
        weight.normal_(0.0, self.get_distribution(fan).scale, generator=generator)

    def get_distribution(self, fan: Fan) -> Distribution:
        return Distribution("normal", fan.fan_in**-0.5)
