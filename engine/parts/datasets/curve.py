from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Literal

import numpy as np

from engine.catalogue.part import hparam
from engine.examples import Examples
from engine.parts.datasets import Dataset

REACH = 3.0


class Curve(Dataset):
    """Curve: one input, one output, a chosen function with additive normal noise.

    The smallest regression there is; the network's answer is drawn over the points.

    Use: Universal approximation: how the error falls with the width.

    Trouble: Outside of −3…3 there are no points: what the network says there is its activation's habit.

    Source: Cybenko, Approximation by superpositions of a sigmoidal function, 1989 (why a network can).
    """

    rank: ClassVar[int] = 5
    kind: Literal["curve"] = "curve"
    function: Literal["sine", "step", "bump", "sawtooth"] = hparam("sine", "The function to approximate.")
    samples: int = hparam(300, "How many points.", ge=20, le=5000)
    noise: float = hparam(0.1, "Standard deviation of what is added to the target.", ge=0, le=0.5)

    def load(self, seed: int) -> Examples:
        rng = np.random.default_rng(seed)
        x = rng.uniform(-REACH, REACH, (self.samples, 1))
        y = self.truth(x) + rng.normal(0, 1, x.shape) * self.noise
        return Examples(x.astype(np.float32), y.astype(np.float32), "regression", (), (-REACH, REACH))

    def truth(self, x: np.ndarray) -> np.ndarray:
        """The function without noise."""
        shapes: dict[str, Callable[[np.ndarray], np.ndarray]] = {
            "sine": lambda z: np.sin(2 * z),
            "step": np.sign,
            "bump": lambda z: 2 * np.exp(-4 * z**2) - 1,
            "sawtooth": lambda z: 2 * (z / 2 - np.floor(z / 2 + 0.5)),
        }
        return shapes[self.function](x)
