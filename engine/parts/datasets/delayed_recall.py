from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from engine.catalogue.part import hparam
from engine.examples import Examples
from engine.parts.datasets import Dataset


class DelayedRecall(Dataset):
    """Delayed recall: the first step shows a symbol, noise follows; the class is that symbol.

    Guessing is right once in as many times as there are symbols; a perfect memory is always right, because the first
    step itself is free of noise. The longer the delay, the further a recurrent network's gradient has to travel.

    Use: Vanishing gradients through time: lengthen the delay until a plain recurrent block fails.

    Trouble: Convolutions and attention look at the first step directly: they solve it without any memory.

    Shape: (delay + 1, symbols): the symbol's place holds 1 in the first step.

    Source: Bengio, Simard and Frasconi, Learning long-term dependencies with gradient descent is difficult, 1994.
    """

    rank: ClassVar[int] = 32
    kind: Literal["delayed_recall"] = "delayed_recall"
    samples: int = hparam(1000, "How many sequences.", ge=20, le=20_000, log=True)
    symbols: int = hparam(4, "How many symbols, each as frequent as the others.", ge=2, le=16)
    delay: int = hparam(20, "Steps of noise after the symbol.", ge=1, le=200, unit="steps")
    noise: float = hparam(0.2, "Standard deviation of the noise.", ge=0, le=1)

    def load(self, seed: int) -> Examples:
        rng = np.random.default_rng(seed)
        y = rng.permutation(np.arange(self.samples) % self.symbols)
        x = rng.normal(0, 1, (self.samples, self.delay + 1, self.symbols)) * self.noise
        x[:, 0] = np.eye(self.symbols)[y]
        names = tuple("ABCDEFGHIJKLMNOP"[: self.symbols])
        return Examples(x.astype(np.float32), y.astype(np.int64), "classification", names)
