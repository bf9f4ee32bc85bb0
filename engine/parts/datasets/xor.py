from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from engine.catalogue.part import hparam
from engine.examples import Examples, make_two_class_examples
from engine.parts.datasets import Dataset

HALF, GAP = 5.0, 0.3


class Xor(Dataset):
    r"""XOR: a point is of the second class when both coordinates have the same sign.

    No straight line parts the classes. The noise moves a point only while its label is decided.

    Formula: y = [\,x_1 x_2 \ge 0\,]

    Use: To show why hidden layers are needed.

    Trouble: Two hidden units can do it and often get stuck; four seldom do.

    Source: Smilkov and Carter, TensorFlow Playground, 2016.
    """

    rank: ClassVar[int] = 2
    kind: Literal["xor"] = "xor"
    samples: int = hparam(500, "How many points.", ge=20, le=5000)
    noise: float = hparam(0.0, "How far labels are blurred, as a share of the half width.", ge=0, le=0.5)

    def load(self, seed: int) -> Examples:
        rng = np.random.default_rng(seed)
        points = rng.uniform(-HALF, HALF, (self.samples, 2))
        points += np.where(points > 0, GAP, -GAP)
        blurred = points + rng.uniform(-HALF, HALF, points.shape) * self.noise
        return make_two_class_examples(points, blurred[:, 0] * blurred[:, 1] >= 0)
