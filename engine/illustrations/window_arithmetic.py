"""Window arithmetic: where the windows of a convolution or pooling lie, and the size of its output."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from sklearn.datasets import load_digits

from engine.parts.blocks import Block


@dataclass(frozen=True)
class WindowArithmetic:
    """One dimension of a window: `size` input cells, `before` and `after` cells of padding, `out` output cells.

    `spreads`: a transposed convolution, in which each input cell is spread over a window, and padding is cut off.
    """

    size: int
    kernel: int
    stride: int
    before: int
    after: int
    out: int
    spreads: bool = False

    def start(self, index: int) -> int:
        """The first cell of a window; −1 is the last cell of the padding before the input."""
        return index * self.stride - self.before


def find_window_arithmetic(part: Block, size: int) -> WindowArithmetic | None:
    """The arithmetic of a convolution or pooling block on inputs of one size; None for other blocks.

    Raises: InvalidExperiment if the block does not take such inputs.
    """
    window = part.window
    if window is None:
        return None
    shape = (size, 1) if window.dimensions == 1 else (1, size, size)
    with torch.device("meta"):  # shapes without values: no memory, no time
        output = part.build(shape)(torch.empty(1, *shape))
    out = output.shape[1] if len(shape) == 2 else output.shape[-1]  # (N, time, features) or (N, C, H, W)
    return WindowArithmetic(size, *window[:4], int(out), window.is_transposed)


def pool_image(part: Block) -> tuple[np.ndarray, np.ndarray]:
    """A handwritten digit before and after a pooling block, (H, W) each."""
    image = load_digits().images[0] / 16
    with torch.no_grad():
        after = part.build((1, *image.shape))(torch.tensor(image)[None, None])
    return image, after.numpy()[0, 0]
