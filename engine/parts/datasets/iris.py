from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from sklearn.datasets import load_iris

from engine.examples import Examples
from engine.parts.datasets import Dataset


class Iris(Dataset):
    """Iris: 150 flowers, four lengths in centimeters, three species.

    Use: A table that a tiny network learns at once: one species stands apart, the other two overlap a little.

    Trouble: Seventy-five examples for validation: one more or less right is over one percent.

    Source: Fisher, The use of multiple measurements in taxonomic problems, 1936 (scikit-learn's copy).
    """

    rank: ClassVar[int] = 11
    kind: Literal["iris"] = "iris"

    def load(self, seed: int) -> Examples:
        bunch = load_iris()
        names = tuple(str(name) for name in bunch.target_names)
        return Examples(bunch.data.astype(np.float32), bunch.target.astype(np.int64), "classification", names)
