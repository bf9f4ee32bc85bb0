from __future__ import annotations

from typing import ClassVar, Literal

from torch import Generator, Tensor

from engine.parts.initializers import Distribution, Fan, Initializer


class WideGlorotNormal(Initializer):
    r"""Wide Glorot normal: weights are N(0, 1) times 2 / √(fan_in + fan_out), √2 wider than Glorot and Bengio's.

    Lectures and programs often write it so, with the 2 outside the root: variance 4 / (fan_in + fan_out) in place of
    2 / (fan_in + fan_out). Between layers of one size that is He's variance, made for ReLU. Under tanh it keeps the
    signal of deep networks larger, nearer to the flat ends.

    Formula: W = \frac{2}{\sqrt{\mathrm{fan\_in} + \mathrm{fan\_out}}}\;\mathcal N(0, 1), \qquad \operatorname{Var}(W) =
    \frac{4}{\mathrm{fan\_in} + \mathrm{fan\_out}}

    Difference: √2 wider than the paper's Glorot normal: here the 2 stands outside the root.

    Use: To reproduce lectures and programs that write it so, and to compare it with the paper's form.

    Trouble: Do not mistake it for Glorot and Bengio's: results with the two cannot be compared.

    Source: Curiale, Entrenamiento de redes neuronales, lecture; compare Glorot and Bengio, 2010.
    """

    rank: ClassVar[int] = 3
    kind: Literal["wide_glorot_normal"] = "wide_glorot_normal"

    def fill_(self, weight: Tensor, fan: Fan, generator: Generator) -> None:
        # torch.nn.init.xavier_normal_(gain=2**0.5) with these fans, bit for bit
        weight.normal_(0.0, self.get_distribution(fan).scale, generator=generator)

    def get_distribution(self, fan: Fan) -> Distribution:
        return Distribution("normal", 2.0 / (fan.fan_in + fan.fan_out) ** 0.5)
