from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from engine.catalogue.part import hparam
from engine.examples import Examples
from engine.parts.datasets import Dataset

RADIUS = 6.0
HILLS = np.array([(x, y) for y in (2.5, -2.5) for x in (-4.0, 0.0, 4.0)])
SIGNS = np.array([1.0, -1.0, 1.0, -1.0, 1.0, -1.0])


class MultiGaussian(Dataset):
    """Hills and hollows: three hills and three hollows in turn, flat between them.

    Each is a cone of radius 2: its height ±1 at the center falls linearly to 0. The noise moves a point
    only while its target is taken.

    Use: A regression that needs hidden units: one hill takes several of them.

    Trouble: Most of the square is flat: a network that says 0 everywhere already has a small loss; look at the map.

    Source: Smilkov and Carter, TensorFlow Playground, 2016 (there called multi gaussian).
    """

    rank: ClassVar[int] = 8
    kind: Literal["multi_gaussian"] = "multi_gaussian"
    samples: int = hparam(800, "How many points.", ge=20, le=5000)
    noise: float = hparam(0.0, "How far targets are blurred.", ge=0, le=0.5)

    def load(self, seed: int) -> Examples:
        rng = np.random.default_rng(seed)
        points = rng.uniform(-RADIUS, RADIUS, (self.samples, 2))
        blurred = points + rng.uniform(-RADIUS, RADIUS, points.shape) * self.noise
        far = np.linalg.norm(blurred[:, None] - HILLS, axis=2)  # (samples, hills)
        height = np.clip(1 - far / 2, 0, 1) * SIGNS
        target = np.take_along_axis(height, np.abs(height).argmax(1)[:, None], 1)
        extent = (-RADIUS, RADIUS, -RADIUS, RADIUS)
        return Examples(points.astype(np.float32), target.astype(np.float32), "regression", (), extent)
