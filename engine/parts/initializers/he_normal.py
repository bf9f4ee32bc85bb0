from __future__ import annotations

from typing import ClassVar, Literal

from torch import Generator, Tensor

from engine.parts.initializers import Distribution, Fan, Initializer


class HeNormal(Initializer):
    r"""He normal: weights from N(0, 2 / fan_in).

    Keeps the size of the signal from layer to layer under ReLU, which throws half of it away.

    Formula: W \sim \mathcal N\!\left(0, \tfrac{2}{\mathrm{fan\_in}}\right), \qquad \operatorname{Var}(W) =
    \frac{2}{\mathrm{fan\_in}}

    Difference: Made for ReLU: twice LeCun's variance, because half of the signal is cut off.

    Use: Layers with ReLU and its kin. fan_in is what one unit receives: the inputs of a dense layer, channels · k² in a
    convolution, channels · k² / s² on average where a transposed one paints with stride s (torch takes filters · k²
    there).

    Trouble: Under tanh it is wider than needed and pushes units towards the flat ends.

    Source: He, Zhang, Ren and Sun, Delving deep into rectifiers, 2015.
    """

    rank: ClassVar[int] = 0
    kind: Literal["he_normal"] = "he_normal"

    def fill_(self, weight: Tensor, fan: Fan, generator: Generator) -> None:
        # torch.nn.init.kaiming_normal_(nonlinearity="relu") with these fans, bit for bit
        weight.normal_(0.0, self.get_distribution(fan).scale, generator=generator)

    def get_distribution(self, fan: Fan) -> Distribution:
        return Distribution("normal", (2.0 / fan.fan_in) ** 0.5)
