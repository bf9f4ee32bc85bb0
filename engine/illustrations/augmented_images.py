"""Images before and after an augmentation."""

from __future__ import annotations

import numpy as np
import torch
from sklearn.datasets import load_digits

from engine.parts.augmentations import Augmentation

IMAGES = 6


def augment_images(part: Augmentation, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """The first handwritten digits before and after the augmentation, (images, 8, 8) each."""
    images = torch.tensor(load_digits().images[:IMAGES] / 16, dtype=torch.float32)[:, None]  # (N, 1, 8, 8)
    generator = torch.Generator().manual_seed(seed)
    changed, _ = part.apply(images, torch.eye(IMAGES), generator)  # targets (N, classes): mixing needs some
    return images[:, 0].numpy(), changed[:, 0].numpy()
