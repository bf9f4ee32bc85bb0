from __future__ import annotations

from typing import ClassVar, Literal

from torch import Generator, Tensor

from engine.parts.initializers import Distribution, Fan, Initializer


class HeUniform(Initializer):
    r"""He uniform: weights from U(−√(6 / fan_in), √(6 / fan_in)).

    The same variance as He normal, 2 / fan_in, without tails.

    Formula: W \sim \mathcal U(-b, b), \quad b = \sqrt{\frac{6}{\mathrm{fan\_in}}}, \qquad \operatorname{Var}(W) =
    \frac{b^2}{3} = \frac{2}{\mathrm{fan\_in}}

    Difference: He's variance without tails.

    Use: As He normal; choose it when no weight at all may start far out.

    Trouble: Under tanh it is wider than needed. torch's own default for layers is narrower: its bound is 1 / √fan_in.

    Source: He, Zhang, Ren and Sun, Delving deep into rectifiers, 2015.
    """

    rank: ClassVar[int] = 1
    kind: Literal["he_uniform"] = "he_uniform"

    def fill_(self, weight: Tensor, fan: Fan, generator: Generator) -> None:
        # torch.nn.init.kaiming_uniform_(nonlinearity="relu") with these fans, bit for bit
        bound = self.get_distribution(fan).scale
        weight.uniform_(-bound, bound, generator=generator)

    def get_distribution(self, fan: Fan) -> Distribution:
        return Distribution("uniform", (6.0 / fan.fan_in) ** 0.5)
