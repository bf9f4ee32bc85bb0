from __future__ import annotations

from typing import ClassVar, Literal

from torch import Tensor, nn

from engine.errors import InvalidExperiment
from engine.message import Message
from engine.parts.blocks import Block, Shape, format_shape


class GlobalMaxPool(Block):
    r"""Global max pooling: the largest value of each whole map, or of each feature over all time; takes any size.

    Formula: y_c = \max_{i, j} x_c(i, j)

    Use: Between convolutions and the output, in place of flatten: did the feature occur anywhere?

    Trouble: Only the strongest place of each map gets a gradient, so learning may be slow.

    Shape: (batch, channels, height, width) → (batch, channels); (batch, time, features) → (batch, features)

    Source: Lin, Chen and Yan, Network in network, 2014.
    """

    rank: ClassVar[int] = 12
    kind: Literal["global_max_pool"] = "global_max_pool"

    def build(self, in_shape: Shape, other_shape: Shape | None = None) -> nn.Module:
        if len(in_shape) not in (2, 3):
            raise InvalidExperiment("", Message("an image or a sequence"), format_shape(in_shape))
        return GlobalMax((2, 3) if len(in_shape) == 3 else (1,))


class GlobalMax(nn.Module):
    """The largest value over all positions: axes (2, 3) of an image, (1,) of a sequence."""

    def __init__(self, axes: tuple[int, ...]) -> None:
        super().__init__()
        self.axes = axes

    def forward(self, x: Tensor) -> Tensor:
        # amax takes several axes at once, and shares the gradient among equal largest values
        return x.amax(self.axes)  # (batch, channels), or (batch, features)
