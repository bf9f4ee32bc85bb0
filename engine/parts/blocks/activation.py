from __future__ import annotations

from typing import ClassVar, Literal

from torch import nn

from engine.catalogue.part import hparam
from engine.parts.activations import Activation
from engine.parts.activations.relu import ReLU
from engine.parts.blocks import Block, Shape


class ActivationBlock(Block):
    """Activation: a function of every number, as a block of its own, for use after batch normalization.

    Formula: h = f(x)

    Use: After batch normalization, with identity in the dense or convolution block before.

    Trouble: After a block that has an activation already it acts twice.

    Shape: unchanged.

    Source: Ioffe and Szegedy, Batch normalization, 2015, section 3.2 (why it comes after).
    """

    rank: ClassVar[int] = 7
    observed: ClassVar[bool] = True
    unitwise: ClassVar[bool] = True
    begins_on: ClassVar[Literal["", "vector", "image"]] = "vector"
    kind: Literal["activation"] = "activation"
    function: Activation = hparam(ReLU(), "The function.")

    def build(self, in_shape: Shape, other_shape: Shape | None = None) -> nn.Module:
        return self.function.build()

    @property
    def output_activation(self) -> Activation:
        return self.function
