from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from engine.catalogue.part import hparam
from engine.examples import Examples
from engine.parts.datasets import Dataset

RADIUS = 6.0


class Plane(Dataset):
    r"""Plane: the target is (x₁ + x₂) / 10, a tilted plane over the square.

    A network without hidden layers fits it exactly. The noise moves a point only while its target is taken.

    Formula: y = \frac{x_1 + x_2}{10}

    Use: The easiest regression: no hidden layer, to see a learning rate at work.

    Trouble: With hidden layers of ReLU it gets harder, not easier: the plane is put together from pieces.

    Source: Smilkov and Carter, TensorFlow Playground, 2016.
    """

    rank: ClassVar[int] = 4
    kind: Literal["plane"] = "plane"
    samples: int = hparam(600, "How many points.", ge=20, le=5000)
    noise: float = hparam(0.0, "How far targets are blurred.", ge=0, le=0.5)

    def load(self, seed: int) -> Examples:
        rng = np.random.default_rng(seed)
        points = rng.uniform(-RADIUS, RADIUS, (self.samples, 2))
        blurred = points + rng.uniform(-RADIUS, RADIUS, points.shape) * self.noise
        target = blurred.sum(1, keepdims=True) / 10
        extent = (-RADIUS, RADIUS, -RADIUS, RADIUS)
        return Examples(points.astype(np.float32), target.astype(np.float32), "regression", (), extent)
