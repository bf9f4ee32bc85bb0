from __future__ import annotations

from typing import ClassVar, Literal

from torch import Tensor, nn

from engine.errors import InvalidExperiment
from engine.message import Message
from engine.parts.blocks import Block, Shape, format_shape


class GlobalAveragePool(Block):
    r"""Global average pooling: the mean of each whole map, or of each feature over all time; takes any size.

    Formula: y_c = \frac{1}{h\,w} \sum_{i, j} x_c(i, j)

    Use: Between convolutions and the output, in place of flatten: far fewer weights, any size of image.

    Trouble: With few maps there is little left to decide by: make the last convolution wide.

    Shape: (batch, channels, height, width) → (batch, channels); (batch, time, features) → (batch, features)

    Source: Lin, Chen and Yan, Network in network, 2014.
    """

    rank: ClassVar[int] = 13
    kind: Literal["global_average_pool"] = "global_average_pool"

    def build(self, in_shape: Shape, other_shape: Shape | None = None) -> nn.Module:
        if len(in_shape) not in (2, 3):
            raise InvalidExperiment("", Message("an image or a sequence"), format_shape(in_shape))
        return GlobalMean((2, 3) if len(in_shape) == 3 else (1,))


class GlobalMean(nn.Module):
    """The mean over all positions: axes (2, 3) of an image, (1,) of a sequence."""

    def __init__(self, axes: tuple[int, ...]) -> None:
        super().__init__()
        self.axes = axes

    def forward(self, x: Tensor) -> Tensor:
        return x.mean(self.axes)  # (batch, channels), or (batch, features)
