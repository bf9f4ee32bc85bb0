from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from sklearn.datasets import load_digits

from engine.catalogue.part import hparam
from engine.examples import Examples
from engine.parts.datasets import Dataset


class Digits(Dataset):
    """Digits: 1 797 handwritten digits of 8 × 8 pixels, ten classes, values scaled to 0…1.

    Use: The first real images; a small convolutional network trains on them in seconds.

    Trouble: The task is easy, 97 % and more: differences of half a percent between two networks are chance.

    Shape: image (1, 8, 8), vector (64,).

    Source: Alpaydin and Kaynak, Optical recognition of handwritten digits, UCI, 1998 (scikit-learn's copy).
    """

    rank: ClassVar[int] = 10
    kind: Literal["digits"] = "digits"
    layout: Literal["image", "vector"] = hparam("vector", "Images for convolutions, vectors for dense layers.")

    def load(self, seed: int) -> Examples:
        bunch = load_digits()
        x = (bunch.images[:, None] / 16.0).astype(np.float32)  # (1797, 1, 8, 8)
        if self.layout == "vector":
            x = x.reshape(len(x), -1)
        return Examples(x, bunch.target.astype(np.int64), "classification", tuple("0123456789"))
