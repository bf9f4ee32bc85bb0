from __future__ import annotations

from typing import ClassVar, Literal

from torch import nn

from engine.parts.blocks import Block, Shape


class Flatten(Block):
    """Flatten: all numbers of an example in one row; no parameters.

    Use: Between convolutions and dense layers.

    Trouble: The dense layer after it has most of the network's weights: pool before it.

    Shape: (batch, channels, height, width) → (batch, channels · height · width)

    Source: LeCun, Bottou, Bengio and Haffner, Gradient-based learning applied to document recognition, 1998.
    """

    rank: ClassVar[int] = 4
    begins_on: ClassVar[Literal["", "vector", "image"]] = "image"
    flattens: ClassVar[bool] = True
    kind: Literal["flatten"] = "flatten"

    def build(self, in_shape: Shape, other_shape: Shape | None = None) -> nn.Module:
        return nn.Flatten()
