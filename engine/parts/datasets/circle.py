from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from engine.catalogue.part import hparam
from engine.examples import Examples, make_two_class_examples
from engine.parts.datasets import Dataset

RADIUS = 5.0


class Circle(Dataset):
    """Circle: a disc of one class inside a ring of the other.

    Half of the points fall within radius 2.5, half between 3.5 and 5. The noise moves a point only while its label
    is decided, so that labels near the border become wrong.

    Use: A first network: three hidden units are enough for a closed border.

    Trouble: Without a hidden layer it stays near one half: no line separates a disc from its ring.

    Source: Smilkov and Carter, TensorFlow Playground, 2016.
    """

    rank: ClassVar[int] = 1
    kind: Literal["circle"] = "circle"
    samples: int = hparam(500, "How many points.", ge=20, le=5000)
    noise: float = hparam(0.0, "How far labels are blurred, as a share of the radius.", ge=0, le=0.5)

    def load(self, seed: int) -> Examples:
        rng = np.random.default_rng(seed)
        half = self.samples // 2
        inner = rng.uniform(0, RADIUS * 0.5, half)
        outer = rng.uniform(RADIUS * 0.7, RADIUS, self.samples - half)
        r = np.concatenate([inner, outer])
        angle = rng.uniform(0, 2 * np.pi, self.samples)
        points = np.stack([r * np.sin(angle), r * np.cos(angle)], 1)  # (samples, 2)
        blurred = points + rng.uniform(-RADIUS, RADIUS, points.shape) * self.noise
        return make_two_class_examples(points, np.hypot(*blurred.T) < RADIUS * 0.5)
