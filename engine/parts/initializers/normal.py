from __future__ import annotations

from typing import ClassVar, Literal

from torch import Generator, Tensor

from engine.catalogue.part import hparam
from engine.parts.initializers import Distribution, Fan, Initializer


class Normal(Initializer):
    r"""Normal: weights from N(0, std²), whatever the layer's size.

    Too small and the signal dies out layer by layer; too large and it saturates or explodes.

    Formula: W \sim \mathcal N(0, \mathrm{std}^2), \qquad \operatorname{Var}(W) = \mathrm{std}^2

    Difference: One width for all layers; He, Glorot and LeCun choose it from the layer's size.

    Use: In the laboratory: to see what happens to the signal of deep networks when the width is not taken into
    account.

    Trouble: What suits one width fails at another: the signal is multiplied by about std · √fan_in in every layer.

    Source: Krizhevsky, Sutskever and Hinton, ImageNet classification with deep CNNs, 2012 (std = 0.01).
    """

    rank: ClassVar[int] = 7
    kind: Literal["normal"] = "normal"
    std: float = hparam(0.1, "Standard deviation.", gt=0, le=10, log=True)

    def fill_(self, weight: Tensor, fan: Fan, generator: Generator) -> None:
        weight.normal_(0.0, self.std, generator=generator)

    def get_distribution(self, fan: Fan) -> Distribution:
        return Distribution("normal", self.std)
