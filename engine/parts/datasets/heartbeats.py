from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from engine.catalogue.part import hparam
from engine.examples import Examples
from engine.numerics.apportion import apportion
from engine.parts.datasets import Dataset

LENGTH = 64
NAMES = ("normal", "atrial", "ventricular")
# each wave of a beat: center and width as shares of the window, height; P, Q, R, S, T
WAVES = {
    "normal": (
        (0.25, 0.025, 0.15),
        (0.42, 0.010, -0.12),
        (0.45, 0.013, 1.0),
        (0.48, 0.011, -0.25),
        (0.70, 0.050, 0.30),
    ),
    "atrial": (
        (0.31, 0.018, -0.12),
        (0.42, 0.010, -0.12),
        (0.45, 0.013, 1.0),
        (0.48, 0.011, -0.25),
        (0.68, 0.050, 0.28),
    ),
    "ventricular": ((0.40, 0.045, 1.1), (0.52, 0.040, -0.45), (0.72, 0.060, -0.35)),
}


class Heartbeats(Dataset):
    """Heartbeats: single beats of an electrocardiogram that a formula makes, normal or of two abnormal kinds.

    A beat is a sum of bumps h · exp(−(t − c)² / 2w²), one a wave (P, Q, R, S, T). An atrial beat has its P wave early
    and upside down, a ventricular one has none, a wide main wave and an inverted T. From beat to beat heights differ
    by 10 %, widths by 5 %, and the whole shifts by up to 3 steps. Without noise a perfect classifier is always right;
    always saying normal is right 1 − abnormal of the time, which is why accuracy alone tells little here.

    These are drawings for learning about networks, not recordings of patients.

    Use: Convolutions over time, rare classes, weighted losses.

    Trouble: Always saying normal is mostly right: look at the loss, or balance the classes.

    Shape: (64, 1).

    Source: McSharry et al., A dynamical model for generating synthetic electrocardiogram signals, 2003.
    """

    rank: ClassVar[int] = 33
    kind: Literal["heartbeats"] = "heartbeats"
    samples: int = hparam(1000, "How many beats.", ge=20, le=20_000, log=True)
    abnormal: float = hparam(0.5, "Share of abnormal beats, half of each kind.", ge=0.02, le=0.9)
    noise: float = hparam(0.05, "Standard deviation of what is added to every value.", ge=0, le=0.5)

    def load(self, seed: int) -> Examples:
        rng = np.random.default_rng(seed)
        sizes = apportion(self.samples, (1 - self.abnormal, self.abnormal / 2, self.abnormal / 2), least=1)
        y = np.repeat(np.arange(3), sizes)
        beats = np.concatenate([beat(rng, name, int(size)) for name, size in zip(NAMES, sizes, strict=True)])
        x = beats + rng.normal(0, 1, beats.shape) * self.noise
        return Examples(x[..., None].astype(np.float32), y.astype(np.int64), "classification", NAMES)


def beat(rng: np.random.Generator, name: str, count: int) -> np.ndarray:
    """Beats of one kind, (count, length)."""
    center, width, height = np.array(WAVES[name]).T[:, None, :]  # each (1, waves)
    shape = (count, center.shape[1])
    moved = center + rng.integers(-3, 4, (count, 1)) / LENGTH
    width = width * np.exp(rng.normal(0, 0.05, shape))
    height = height * np.exp(rng.normal(0, 0.1, shape))
    t = np.arange(LENGTH) / LENGTH
    bumps = height[..., None] * np.exp(-((t - moved[..., None]) ** 2) / (2 * width[..., None] ** 2))
    return np.asarray(bumps.sum(1))
