"""Images before and after an augmentation."""

from __future__ import annotations

import numpy as np
import torch
from sklearn.datasets import load_digits

from engine.parts.augmentations import Augmentation

SHOWN = 6


def augment_images(part: Augmentation, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """The first handwritten digits as they are, and as training sees them once, (images, 8, 8) each."""
    images = torch.tensor(load_digits().images[:SHOWN] / 16, dtype=torch.float32)[:, None]
    generator = torch.Generator().manual_seed(seed)
    changed, _ = part.apply(images, torch.eye(SHOWN), generator)
    return images[:, 0].numpy(), changed[:, 0].numpy()
