from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from sklearn.datasets import load_diabetes

from engine.examples import Examples
from engine.parts.datasets import Dataset


class Diabetes(Dataset):
    """Diabetes: 442 patients, ten baseline measurements, progression of the disease one year later (25…346).

    Standardise the target too, or the first gradients are thousands of times too large.

    Use: Regression on a real table; a linear network is hard to beat.

    Trouble: Even the best models reach an R² of only about 0.5: more layers learn noise.

    Source: Efron, Hastie, Johnstone and Tibshirani, Least angle regression, 2004 (scikit-learn's copy).
    """

    rank: ClassVar[int] = 14
    kind: Literal["diabetes"] = "diabetes"

    def load(self, seed: int) -> Examples:
        bunch = load_diabetes(scaled=False)
        return Examples(bunch.data.astype(np.float32), bunch.target[:, None].astype(np.float32), "regression")
