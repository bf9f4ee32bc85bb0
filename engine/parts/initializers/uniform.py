from __future__ import annotations

from typing import ClassVar, Literal

from torch import Generator, Tensor

from engine.catalogue.part import hparam
from engine.parts.initializers import Distribution, Fan, Initializer


class Uniform(Initializer):
    r"""Uniform: weights from U(−b, b), whatever the layer's size.

    Its variance is b² / 3, the same in wide layers and in narrow ones, so the signal grows or dies with the width.

    Formula: W \sim \mathcal U(-b, b), \qquad \operatorname{Var}(W) = \frac{b^2}{3}

    Difference: One bound for all layers; He, Glorot and LeCun choose it from the layer's size.

    Use: In the laboratory, as normal.

    Trouble: What suits one width fails at another: the signal is multiplied by about b · √(fan_in / 3) in every layer.

    Source: Rumelhart, Hinton and Williams, Learning representations by back-propagating errors, 1986 (b = 0.3).
    """

    rank: ClassVar[int] = 7
    kind: Literal["uniform"] = "uniform"
    bound: float = hparam(0.1, "Largest weight, b.", gt=0, le=10, log=True)

    def fill_(self, weight: Tensor, fan: Fan, generator: Generator) -> None:
        weight.uniform_(-self.bound, self.bound, generator=generator)

    def get_distribution(self, fan: Fan) -> Distribution:
        return Distribution("uniform", self.bound)
