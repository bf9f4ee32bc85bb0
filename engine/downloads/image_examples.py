"""Examples of labeled images: a sample of a published set, scaled to 0…1."""

from __future__ import annotations

import numpy as np

from engine.errors import InvalidExperiment
from engine.examples import Examples
from engine.message import Message


def make_image_examples(
    images: np.ndarray, labels: np.ndarray, names: tuple[str, ...], layout: str, samples: int, seed: int
) -> Examples:
    """`samples` of the images (N, C, H, W) uint8, drawn by the seed; x is (samples, C, H, W), or flat for "vector".

    Raises: InvalidExperiment if images and labels do not belong together.
    """
    if images.ndim != 4 or labels.ndim != 1 or len(images) != len(labels):
        raise InvalidExperiment(
            "$.data", Message("a label for each of {n} images", n=len(images)), Message("{n} labels", n=labels.size)
        )
    if labels.max(initial=0) >= len(names):
        raise InvalidExperiment("$.data", Message("labels below {n}", n=len(names)), int(labels.max()))
    chosen = np.random.default_rng(seed).permutation(len(images))[:samples]
    x = images[chosen].astype(np.float32) / 255  # (samples, C, H, W)
    if layout == "vector":
        x = x.reshape(len(x), -1)  # (samples, C · H · W)
    return Examples(x, labels[chosen].astype(np.int64), "classification", names)
