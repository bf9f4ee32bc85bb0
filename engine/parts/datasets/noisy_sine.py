from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from engine.catalogue.part import hparam
from engine.examples import Examples
from engine.parts.datasets import Dataset


class NoisySine(Dataset):
    """Noisy sine: some values of a sine wave with noise; the target is the next value.

    Phase and period (10 to 20 steps) differ from sequence to sequence. Always answering 0 has a mean squared error of
    1/2 + σ² (R² 0). Nothing gets below σ², the noise of the target itself, which is R² = 1 / (1 + 2σ²).

    Use: First steps with recurrent blocks: the next value of a wave.

    Trouble: Below the noise σ² nothing can be learned: a training loss that gets there memorizes.

    Shape: (length, 1).

    Source: Goodfellow, Bengio and Courville, Deep Learning, 2016, chapter 10 (predicting the next value).
    """

    rank: ClassVar[int] = 31
    kind: Literal["noisy_sine"] = "noisy_sine"
    samples: int = hparam(1000, "How many sequences.", ge=20, le=20_000, log=True)
    length: int = hparam(30, "Steps of a sequence.", ge=4, le=200, unit="steps")
    noise: float = hparam(0.1, "Standard deviation of what is added to every value, σ.", ge=0, le=0.5)

    def load(self, seed: int) -> Examples:
        rng = np.random.default_rng(seed)
        period = rng.uniform(10, 20, (self.samples, 1))
        phase = rng.uniform(0, 2 * np.pi, (self.samples, 1))
        wave = np.sin(2 * np.pi * np.arange(self.length + 1) / period + phase)
        seen = (wave + rng.normal(0, 1, wave.shape) * self.noise).astype(np.float32)
        return Examples(seen[:, :-1, None], seen[:, -1:], "regression")
