from __future__ import annotations

from typing import ClassVar, Literal

from torch import nn

from engine.catalogue.part import hparam
from engine.parts.blocks import Block, Shape, Window, expect_image


class MaxPool(Block):
    r"""Max pooling: the largest value of each window; no parameters.

    Formula: y(i, j) = \max_{0 \le u, v < k} x(k\,i + u,\; k\,j + v)

    Use: After convolutions: halves the image and keeps what was found, wherever in the window.

    Trouble: Where exactly it was is lost; three or four of them use a small image up.

    Shape: (batch, channels, height, width) → (batch, channels, height / size, width / size), rounded down

    Source: LeCun, Bottou, Bengio and Haffner, Gradient-based learning applied to document recognition, 1998.
    """

    rank: ClassVar[int] = 2
    begins_on: ClassVar[Literal["", "vector", "image"]] = "image"
    kind: Literal["max_pool"] = "max_pool"
    size: int = hparam(2, "Side of the window, and its stride.", ge=2, le=16, unit="pixels")

    @property
    def size_label(self) -> str:
        return f"÷{self.size}"

    @property
    def window(self) -> Window:
        return Window(self.size, self.size, has_weights=False)

    def build(self, in_shape: Shape, other_shape: Shape | None = None) -> nn.Module:
        expect_image(in_shape, self.size)
        return nn.MaxPool2d(self.size)
