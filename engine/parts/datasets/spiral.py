from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from engine.catalogue.part import hparam
from engine.examples import Examples, make_two_class_examples
from engine.parts.datasets import Dataset

RADIUS, TURNS = 5.0, 1.75


class Spiral(Dataset):
    """Spiral: two arms wound around each other 1¾ times.

    The hardest of the plane's classics: the border has to follow both arms to the middle.

    Use: To compare widths, depths and activations: two hidden layers of sixteen tanh units solve it.

    Trouble: With few points or much noise the arms touch, and a large network learns the noise.

    Source: Smilkov and Carter, TensorFlow Playground, 2016.
    """

    rank: ClassVar[int] = 0
    kind: Literal["spiral"] = "spiral"
    samples: int = hparam(500, "How many points, half on each arm.", ge=20, le=5000)
    noise: float = hparam(0.0, "How far points are scattered off their arm.", ge=0, le=0.5)

    def load(self, seed: int) -> Examples:
        rng = np.random.default_rng(seed)
        along = np.tile(np.arange(self.samples // 2) / (self.samples // 2), 2)
        positive = np.arange(along.size) < along.size // 2
        angle = TURNS * 2 * np.pi * along + np.where(positive, 0.0, np.pi)
        points = RADIUS * along[:, None] * np.stack([np.sin(angle), np.cos(angle)], 1)
        return make_two_class_examples(points + rng.uniform(-1, 1, points.shape) * self.noise, positive)
