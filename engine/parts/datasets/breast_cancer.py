from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from sklearn.datasets import load_breast_cancer

from engine.examples import Examples
from engine.parts.datasets import Dataset


class BreastCancer(Dataset):
    """Breast cancer: 569 tumors, thirty measurements of cell nuclei, malignant or benign.

    Use: Two classes from a real table; standardize it first.

    Trouble: Few examples and thirty features: dense layers over-fit soon. A missed tumor weighs more than the accuracy
    says.

    Source: Wolberg et al., Breast cancer Wisconsin (diagnostic), UCI, 1995 (scikit-learn's copy).
    """

    rank: ClassVar[int] = 13
    kind: Literal["breast_cancer"] = "breast_cancer"

    def load(self, seed: int) -> Examples:
        bunch = load_breast_cancer()
        names = tuple(str(name) for name in bunch.target_names)
        return Examples(bunch.data.astype(np.float32), bunch.target.astype(np.int64), "classification", names)
