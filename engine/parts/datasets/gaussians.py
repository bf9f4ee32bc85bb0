from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from engine.catalogue.part import hparam
from engine.examples import Examples, make_two_class_examples
from engine.parts.datasets import Dataset


class Gaussians(Dataset):
    """Two Gaussians: one cloud around (2, 2), one around (−2, −2).

    The variance of both grows linearly from 0.5 without noise to 4 at noise 0.5. A single dense layer solves it.

    Use: The easiest classification: a network without hidden layers, logistic regression.

    Trouble: With noise the clouds overlap, and no network can be always right: do not chase the last points.

    Source: Smilkov and Carter, TensorFlow Playground, 2016.
    """

    rank: ClassVar[int] = 3
    kind: Literal["gaussians"] = "gaussians"
    samples: int = hparam(500, "How many points.", ge=20, le=5000)
    noise: float = hparam(0.0, "How wide the clouds are.", ge=0, le=0.5)

    def load(self, seed: int) -> Examples:
        rng = np.random.default_rng(seed)
        positive = np.arange(self.samples) < self.samples // 2
        center = np.where(positive, 2.0, -2.0)[:, None]
        spread = np.sqrt(0.5 + 7.0 * self.noise)
        return make_two_class_examples(rng.normal(center, spread, (self.samples, 2)), positive)
