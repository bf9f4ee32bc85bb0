from __future__ import annotations

from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from engine.catalogue.part import hparam
from engine.errors import InvalidExperiment
from engine.message import Message
from engine.parts.blocks import Block, Shape, format_shape


class Concatenate(Block):
    r"""Concatenate: x and the output of an earlier block side by side, along features or channels.

    Formula: y = \left[\, x \;;\; x' \,\right]

    Use: When later blocks shall see early features unchanged, or two branches meet.

    Trouble: The features add up, and with them the weights of the next block.

    Shape: (batch, a, …) and (batch, b, …) → (batch, a + b, …); of sequences, along the features.

    Source: Huang, Liu, van der Maaten and Weinberger, Densely connected convolutional networks, 2017.
    """

    rank: ClassVar[int] = 31
    refers: ClassVar[bool] = True
    joins: ClassVar[bool] = True
    kind: Literal["concatenate"] = "concatenate"
    of: str = hparam("", "Label of the earlier block whose output is put beside.")

    @property
    def reference(self) -> str:
        return self.of

    def build(self, in_shape: Shape, other_shape: Shape | None = None) -> nn.Module:
        other_shape = other_shape or ()
        axis = 1 if len(in_shape) == 2 else 0  # features of (time, features), channels of (channels, height, width)
        fits = len(in_shape) == len(other_shape) and all(
            a == b for index, (a, b) in enumerate(zip(in_shape, other_shape, strict=True)) if index != axis
        )
        if not fits:
            raise InvalidExperiment(
                "", Message("a shape that fits beside {shape}", shape=format_shape(other_shape)), format_shape(in_shape)
            )
        return Concatenation(axis + 1)  # after the batch


class Concatenation(nn.Module):
    """Two tensors side by side along one axis, as by torch.cat."""

    def __init__(self, axis: int) -> None:
        super().__init__()
        self.axis = axis

    def forward(self, x: Tensor, other: Tensor) -> Tensor:
        return torch.cat([x, other], self.axis)
