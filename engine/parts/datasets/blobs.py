from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from engine.catalogue.part import hparam
from engine.examples import Examples
from engine.numerics.apportion import apportion
from engine.parts.datasets import Dataset

RADIUS, REACH = 4.0, 6.0


class Blobs(Dataset):
    """Blobs: round clouds, one a class, their centers evenly spaced on a circle of radius 4.

    The standard deviation of each cloud is 0.5 + 2 · noise. Imbalance r makes the classes unequal: the first is r times
    as large as the last, those between follow in equal factors. A network that always says the first class is then
    right as often as that class is frequent: read the accuracy with that in mind.

    Use: Several classes, and with imbalance: weighted losses and resampling.

    Trouble: With a large imbalance a high accuracy may mean that the rare classes are never said.

    Source: Bishop, Pattern recognition and machine learning, 2006, section 4.2 (Gaussian classes).
    """

    rank: ClassVar[int] = 7
    kind: Literal["blobs"] = "blobs"
    classes: int = hparam(4, "How many classes.", ge=2, le=8)
    samples: int = hparam(500, "How many points.", ge=20, le=5000)
    noise: float = hparam(0.1, "How wide the clouds are.", ge=0, le=0.5)
    imbalance: float = hparam(1.0, "How many times as large the first class is as the last.", ge=1, le=100, log=True)

    def load(self, seed: int) -> Examples:
        rng = np.random.default_rng(seed)
        labels = np.arange(self.classes)
        sizes = apportion(self.samples, self.imbalance ** (-labels / (self.classes - 1)), least=1)
        y = np.repeat(labels, sizes)
        angle = 2 * np.pi * y / self.classes + np.pi / 2
        center = RADIUS * np.stack([np.cos(angle), np.sin(angle)], 1)  # (samples, 2)
        points = center + rng.normal(0, 0.5 + 2 * self.noise, center.shape)
        names = tuple(str(c + 1) for c in labels)
        extent = (-REACH, REACH, -REACH, REACH)
        return Examples(points.astype(np.float32), y.astype(np.int64), "classification", names, extent)
