from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from engine.catalogue.part import hparam
from engine.examples import Examples, make_two_class_examples
from engine.parts.datasets import Dataset

RADIUS = 3.0


class Moons(Dataset):
    """Moons: two half circles of radius 3, each with its tip inside the other.

    The upper one is (−1.5, −0.75) + 3 (cos t, sin t), the lower one (1.5, 0.75) − 3 (cos t, sin t), t from 0 to π.
    No straight line separates them, a bent one does: three hidden units are enough.

    Use: Small networks, and regularization: with much noise a large network draws wild borders.

    Trouble: A linear network gets most of it right, so look at the border, not at the accuracy alone.

    Source: Pedregosa et al., Scikit-learn: machine learning in Python, 2011 (the usual picture of clustering).
    """

    rank: ClassVar[int] = 6
    kind: Literal["moons"] = "moons"
    samples: int = hparam(500, "How many points, half on each moon.", ge=20, le=5000)
    noise: float = hparam(0.05, "Standard deviation of the points around their moon, in radii.", ge=0, le=0.5)

    def load(self, seed: int) -> Examples:
        rng = np.random.default_rng(seed)
        upper = np.arange(self.samples) < self.samples // 2
        t = rng.uniform(0, np.pi, self.samples)
        arc = np.stack([np.cos(t), np.sin(t)], 1) - [0.5, 0.25]  # (samples, 2)
        points = RADIUS * (np.where(upper[:, None], arc, -arc) + rng.normal(0, 1, arc.shape) * self.noise)
        return make_two_class_examples(points, upper)
