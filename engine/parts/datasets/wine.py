from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from sklearn.datasets import load_wine

from engine.examples import Examples
from engine.parts.datasets import Dataset


class Wine(Dataset):
    """Wine: 178 wines, thirteen chemical measurements, three cultivars.

    Use: To see standardization: one of the measurements is hundreds of times larger than the others.

    Trouble: Without preprocessing that one measurement drowns the rest and the network seems unable to learn.

    Source: Aeberhard and Forina, Wine, UCI, 1991 (scikit-learn's copy).
    """

    rank: ClassVar[int] = 12
    kind: Literal["wine"] = "wine"

    def load(self, seed: int) -> Examples:
        bunch = load_wine()
        names = tuple(str(name) for name in bunch.target_names)
        return Examples(bunch.data.astype(np.float32), bunch.target.astype(np.int64), "classification", names)
