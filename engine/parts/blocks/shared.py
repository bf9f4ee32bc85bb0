from __future__ import annotations

from typing import ClassVar, Literal

from torch import nn

from engine.catalogue.part import hparam
from engine.errors import InvalidExperiment
from engine.message import Message
from engine.parts.blocks import Block, Shape, format_shape


class Shared(Block):
    r"""Shared: an earlier block once more, with the very same weights; no parameters of its own.

    Both uses add to one gradient. A convolution is the same idea: one filter used at every position.

    Formula: \frac{\partial L}{\partial W} = \frac{\partial L}{\partial W_1} + \frac{\partial L}{\partial W_2}, \qquad
    W_1 = W_2 = W

    Use: When the same thing is to be done twice, or depth is wanted without parameters.

    Trouble: The gradients of both uses add up, so the weights move about twice as fast.

    Shape: as the earlier block, which must have had an input of the same shape.

    Source: Goodfellow, Bengio and Courville, Deep Learning, 2016, section 7.9.
    """

    rank: ClassVar[int] = 33
    refers: ClassVar[bool] = True
    shares: ClassVar[bool] = True
    observed: ClassVar[bool] = True
    kind: Literal["shared"] = "shared"
    of: str = hparam("", "Label of the earlier block whose weights are used again.")

    @property
    def reference(self) -> str:
        return self.of

    def build(self, in_shape: Shape, other_shape: Shape | None = None) -> nn.Module:
        """`other_shape`: that of the earlier block's input. The module itself comes from that block."""
        if in_shape != other_shape:
            raise InvalidExperiment(
                "",
                Message("the input of {label}, {shape}", label=self.of, shape=format_shape(other_shape or ())),
                format_shape(in_shape),
            )
        return nn.Identity()  # never called: the network takes the earlier block's module in its stead
