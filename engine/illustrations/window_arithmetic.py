"""The arithmetic of windows: where a filter lies on an image, and what size comes out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from sklearn.datasets import load_digits

from engine.parts.blocks import Block


@dataclass(frozen=True)
class WindowArithmetic:
    """A row of `size` cells with `before` and `after` cells of padding, a window of `kernel` cells that moves by
    `stride`, and how many cells come out. `spreads`: the other way around, each cell paints a window, and the padding
    is what is cut off what was painted."""

    size: int
    kernel: int
    stride: int
    before: int
    after: int
    out: int
    spreads: bool = False

    def start(self, place: int) -> int:
        """Where the window of a place begins, counted from the first cell that is no padding."""
        return place * self.stride - self.before


def window_arithmetic(part: Block, size: int) -> WindowArithmetic | None:
    """The arithmetic of a block of convolution or pooling on inputs of a size; None for all other blocks.

    Raises: InvalidExperiment if the block does not take such inputs.
    """
    window = part.window
    if window is None:
        return None
    shape = (size, 1) if window.dimensions == 1 else (1, size, size)
    with torch.device("meta"):
        made = part.build(shape)(torch.empty(1, *shape))
    out = made.shape[1] if len(shape) == 2 else made.shape[-1]
    return WindowArithmetic(size, *window[:4], int(out), window.is_transposed)


def pool_image(part: Block) -> tuple[np.ndarray, np.ndarray]:
    """A handwritten digit before and after a block without parameters, (height, width) each."""
    image = load_digits().images[0] / 16
    with torch.no_grad():
        after = part.build((1, *image.shape))(torch.tensor(image)[None, None])
    return image, after.numpy()[0, 0]
