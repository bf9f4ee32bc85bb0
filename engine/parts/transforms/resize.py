from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from engine.catalogue.part import hparam
from engine.errors import InvalidExperiment
from engine.message import Message
from engine.parts.transforms import Map, Transform

MOST = 300_000_000  # numbers in the training split afterwards; they take four bytes each


class Resize(Transform):
    r"""Resize: images of another height and width, so that digits of 8 × 8 fit a network made for 28 × 28.

    Nothing is learned from the training split. Each new pixel lies at the same place of the picture as before, counted
    from the pixels' middles. Bilinear blends the old pixels around it (the wider, the more an image shrinks, so that
    none is passed over); nearest takes the closest. There is no more to see than before. Stands first, since what the
    steps after it learn belongs to the new pixels.

    Formula: x'_{ij} = \sum_{p, q} a_{ip}\, x_{pq}\, b_{jq}, \qquad \sum_p a_{ip} = \sum_q b_{jq} = 1

    Use: A network made for images of another size; or to make images smaller and training faster.

    Trouble: Twice the side takes four times the time and memory, and adds no detail. Other proportions distort the
    image.

    Shape: (channels, height, width) → (channels, height′, width′).

    Source: Gonzalez and Woods, Digital image processing, 2018, section 2.4 (image interpolation).
    """

    leads: ClassVar[bool] = True
    mixes_inputs: ClassVar[bool] = True
    kind: Literal["resize"] = "resize"
    rows: int = hparam(28, "Rows of pixels afterwards.", ge=1, le=256, unit="pixels", log=True)
    columns: int = hparam(28, "Columns of pixels afterwards.", ge=1, le=256, unit="pixels", log=True)
    method: Literal["bilinear", "nearest"] = hparam("bilinear", "Blend the old pixels, or take the closest one.")

    def shape(self, in_shape: tuple[int, ...]) -> tuple[int, ...]:
        return (in_shape[0], self.rows, self.columns) if len(in_shape) == 3 else in_shape

    def fit(self, x: np.ndarray) -> Map:
        if x.ndim != 4:
            received = " × ".join(map(str, x.shape[1:]))
            raise InvalidExperiment(
                "", Message("images (channels, height, width)"), received, Message("choose the layout image")
            )
        if len(x) * x.shape[1] * self.rows * self.columns > MOST:
            raise InvalidExperiment(
                "", Message("at most {n} numbers in all", n=MOST), Message("{a} × {b}", a=self.rows, b=self.columns)
            )
        sizes = zip(x.shape[2:], (self.rows, self.columns), strict=True)
        down, across = (weights(old, new, self.method) for old, new in sizes)
        return lambda z: np.matmul(np.matmul(down.astype(z.dtype), z), across.astype(z.dtype).T)


def weights(old: int, new: int, method: str) -> np.ndarray:
    """How much of each old pixel is in each new one along one axis, (new, old); rows sum to 1."""
    scale = old / new
    middle = (np.arange(new) + 0.5) * scale  # of each new pixel, in old ones
    if method == "nearest":
        chosen = np.minimum(middle.astype(int), old - 1)
        return np.asarray(np.eye(old)[chosen])
    away = np.abs(np.arange(old) + 0.5 - middle[:, None]) / max(scale, 1.0)
    share = np.maximum(1 - away, 0)
    return np.asarray(share / share.sum(1, keepdims=True))
