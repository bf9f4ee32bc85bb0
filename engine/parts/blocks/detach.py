from __future__ import annotations

from typing import ClassVar, Literal

from torch import Tensor, nn

from engine.catalogue.part import hparam
from engine.parts.blocks import Block, Shape


class Detach(Block):
    r"""Detach: passes on what it gets, and no gradient goes back through it.

    What comes after learns from what comes before without changing it: a classifier behind it takes the code of an
    autoencoder as it is.

    Formula: y = x, \qquad \frac{\partial y}{\partial x} := 0

    Use: To see what a code is good for: the classifier behind it cannot reshape it.

    Trouble: Layers before it that have no other end get no gradient at all and stay as they began.

    Shape: unchanged; of an earlier block if it names one.

    Source: Bengio, Lamblin, Popovici and Larochelle, Greedy layer-wise training of deep networks, 2007.
    """

    rank: ClassVar[int] = 36
    refers: ClassVar[bool] = True
    reference_optional: ClassVar[bool] = True
    stops_gradient: ClassVar[bool] = True
    kind: Literal["detach"] = "detach"
    of: str = hparam("", "Label of the block to go on from; without one, the block before it.")

    @property
    def reference(self) -> str:
        return self.of

    def build(self, in_shape: Shape, other_shape: Shape | None = None) -> nn.Module:
        return StopGradient()


class StopGradient(nn.Module):
    """The value without its graph: no gradient passes. Of the second input, if there is one."""

    def forward(self, x: Tensor, other: Tensor | None = None) -> Tensor:
        return (x if other is None else other).detach()
