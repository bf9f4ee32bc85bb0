from __future__ import annotations

from typing import ClassVar, Literal

from torch import nn

from engine.catalogue.part import hparam
from engine.parts.blocks import Block, Shape


class Dropout(Block):
    r"""Dropout: in training each number becomes zero with probability p, and the rest grow by 1 / (1 − p).

    The mean stays what it was; in evaluation nothing happens.

    Formula: y_i = \frac{m_i}{1 - p}\,x_i, \qquad m_i \sim \mathrm{Bernoulli}(1 - p)

    Use: After wide dense layers of networks that over-fit: 0.5 there, 0.1 to 0.2 after convolutions.

    Trouble: The training loss is taken with units missing and may lie above the validation loss; small networks only
    get worse.

    Shape: unchanged.

    Source: Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, Dropout, 2014.
    """

    rank: ClassVar[int] = 6
    is_random: ClassVar[bool] = True
    begins_on: ClassVar[Literal["", "vector", "image"]] = "vector"
    kind: Literal["dropout"] = "dropout"
    rate: float = hparam(0.2, "Probability p of dropping.", ge=0, le=0.95, live=True)

    def build(self, in_shape: Shape, other_shape: Shape | None = None) -> nn.Module:
        return nn.Dropout(self.rate)  # of images too single numbers, not whole maps as nn.Dropout2d

    def update_live_fields(self, module: nn.Module) -> None:
        assert isinstance(module, nn.Dropout)
        module.p = self.rate
