from __future__ import annotations

from typing import ClassVar, Literal

from torch import Generator, Tensor

from engine.parts.initializers import Distribution, Fan, Initializer


class LecunUniform(Initializer):
    r"""LeCun uniform: weights from U(−√(3 / fan_in), √(3 / fan_in)).

    The same variance as LeCun normal, 1 / fan_in, without tails.

    Formula: W \sim \mathcal U(-b, b), \quad b = \sqrt{\frac{3}{\mathrm{fan\_in}}}, \qquad \operatorname{Var}(W) =
    \frac{1}{\mathrm{fan\_in}}

    Difference: LeCun's variance without tails.

    Use: As LeCun normal; choose it when no weight at all may start far out.

    Trouble: Under ReLU half of the signal's power is lost in every layer.

    Source: LeCun, Bottou, Orr and Müller, Efficient BackProp, 1998.
    """

    rank: ClassVar[int] = 5
    kind: Literal["lecun_uniform"] = "lecun_uniform"

    def fill_(self, weight: Tensor, fan: Fan, generator: Generator) -> None:
        # torch.nn.init.kaiming_uniform_(nonlinearity="linear") with these fans, bit for bit
        bound = self.get_distribution(fan).scale
        weight.uniform_(-bound, bound, generator=generator)

    def get_distribution(self, fan: Fan) -> Distribution:
        return Distribution("uniform", (3.0 / fan.fan_in) ** 0.5)
