from __future__ import annotations

from math import prod
from typing import ClassVar, Literal

from torch import nn

from engine.catalogue.part import hparam
from engine.errors import InvalidExperiment
from engine.message import Message
from engine.parts.blocks import Block, Shape, format_shape


class Reshape(Block):
    """Reshape: the same numbers as an image, or with height 0 as a sequence of `width` steps of `channels` features.

    Use: From the code of a decoder back to an image, or from rows of numbers to images or sequences.

    Trouble: It only reads in another order: numbers that were not neighbors do not become so by it.

    Shape: any → (batch, channels, height, width), or (batch, width, channels)

    Source: LeCun, Bottou, Bengio and Haffner, Gradient-based learning applied to document recognition, 1998.
    """

    rank: ClassVar[int] = 17
    kind: Literal["reshape"] = "reshape"
    channels: int = hparam(1, "Channels, or features of a step.", ge=1, le=4096, log=True)
    height: int = hparam(8, "Height; 0 makes a sequence.", ge=0, le=1024, log=True)
    width: int = hparam(8, "Width, or steps.", ge=1, le=4096, log=True)

    @property
    def size_label(self) -> str:
        return str(self.width)

    def build(self, in_shape: Shape, other_shape: Shape | None = None) -> nn.Module:
        out_shape = (self.channels, self.height, self.width) if self.height else (self.width, self.channels)
        count, expected = prod(in_shape), prod(out_shape)
        if count != expected:
            raise InvalidExperiment(
                "", Message("{n} numbers for {shape}", n=expected, shape=format_shape(out_shape)), count
            )
        unflatten = nn.Unflatten(1, out_shape)
        return unflatten if len(in_shape) == 1 else nn.Sequential(nn.Flatten(), unflatten)
