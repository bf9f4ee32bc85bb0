from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from engine.catalogue.part import hparam
from engine.examples import Examples
from engine.parts.datasets import Dataset


class Adding(Dataset):
    """Adding problem: a row of numbers, two of them marked; the target is the sum of those two.

    The numbers are uniform between 0 and 1; one mark falls into each half of the sequence. Always answering 1, the
    mean, has a mean squared error of 1/6 = 0.167 (R² 0); a network that finds and remembers both marked numbers
    reaches 0 (R² 1). The longer the sequence, the longer something has to be remembered.

    Use: Long memory: recurrent blocks against each other, at growing length.

    Trouble: For a long time the loss stays at 0.167, as if nothing were learned, and then falls: be patient.

    Shape: (length, 2): number, mark.

    Source: Hochreiter and Schmidhuber, Long short-term memory, 1997, experiment 4.
    """

    rank: ClassVar[int] = 30
    kind: Literal["adding"] = "adding"
    samples: int = hparam(2000, "How many sequences.", ge=20, le=20_000, log=True)
    length: int = hparam(20, "Steps of a sequence.", ge=4, le=200, unit="steps")

    def load(self, seed: int) -> Examples:
        rng = np.random.default_rng(seed)
        numbers = rng.uniform(0, 1, (self.samples, self.length))
        half = self.length // 2
        row = np.arange(self.samples)
        marks = np.zeros_like(numbers)
        marks[row, rng.integers(0, half, self.samples)] = 1
        marks[row, rng.integers(half, self.length, self.samples)] = 1
        x = np.stack([numbers, marks], 2).astype(np.float32)  # (samples, length, 2)
        y = (x[..., 0] * x[..., 1]).sum(1, keepdims=True)
        return Examples(x, y, "regression")
