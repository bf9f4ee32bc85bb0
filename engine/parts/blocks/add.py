from __future__ import annotations

from typing import ClassVar, Literal

from torch import Tensor, nn

from engine.catalogue.part import hparam
from engine.errors import InvalidExperiment
from engine.message import Message
from engine.parts.blocks import Block, Shape, format_shape


class Add(Block):
    """Add: x + y, y the output of an earlier block; a residual connection when the blocks between start small.

    The gradient reaches the earlier block directly, however deep the blocks between are.

    Formula: y = x + x'

    Use: Around two or three blocks in networks of more than about ten layers.

    Trouble: Both must have the same shape: a convolution between needs padding and as many filters as channels.

    Shape: both the same, unchanged.

    Source: He, Zhang, Ren and Sun, Deep residual learning for image recognition, 2016.
    """

    rank: ClassVar[int] = 30
    refers: ClassVar[bool] = True
    joins: ClassVar[bool] = True
    observed: ClassVar[bool] = True
    unitwise: ClassVar[bool] = True
    kind: Literal["add"] = "add"
    of: str = hparam("", "Label of the earlier block whose output is added.")

    @property
    def reference(self) -> str:
        return self.of

    def build(self, in_shape: Shape, other_shape: Shape | None = None) -> nn.Module:
        if in_shape != other_shape:
            raise InvalidExperiment(
                "",
                Message("the shape of {label}, {shape}", label=self.of, shape=format_shape(other_shape or ())),
                format_shape(in_shape),
            )
        return Sum()


class Sum(nn.Module):
    """x + y, of one shape."""

    def forward(self, x: Tensor, other: Tensor) -> Tensor:
        return x + other
