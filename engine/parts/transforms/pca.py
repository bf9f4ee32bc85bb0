from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from engine.catalogue.part import hparam
from engine.errors import InvalidExperiment
from engine.message import Message
from engine.parts.transforms import Map, Transform, principal


class PCA(Transform):
    r"""PCA: (x − mean) · U, the coordinates along the directions of largest variance.

    The columns of U are the eigenvectors of the training split's covariance matrix with the largest eigenvalues, so
    the new features are not correlated. Images and sequences become vectors.

    Formula: z = (x - \bar x)\,U_k, \qquad C = \tfrac1n \sum_i (x_i - \bar x)(x_i - \bar x)^{\top} = U \Lambda U^{\top}

    Use: Many correlated features, and to see how few directions hold most of the variance.

    Trouble: Large variance is not importance: the class may lie in a direction that is thrown away. Standardize first
    if units differ.

    Source: Pearson, On lines and planes of closest fit to systems of points in space, 1901.
    """

    mixes_inputs: ClassVar[bool] = True
    kind: Literal["pca"] = "pca"
    components: int = hparam(2, "How many directions are kept.", ge=1, le=1024, log=True)

    def fit(self, x: np.ndarray) -> Map:
        mean, variances, directions = principal(x)
        if self.components > len(directions):
            raise InvalidExperiment("", Message("at most {n} components", n=len(directions)), self.components)
        kept = directions[:, : self.components]
        if x.dtype != np.float32:
            kept = kept * (variances[: self.components] > 0)  # coordinates that are nothing but rounding become 0
        return lambda z: ((z.reshape(len(z), -1) - mean) @ kept).astype(z.dtype)
