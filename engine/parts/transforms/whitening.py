from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from engine.catalogue.part import hparam
from engine.parts.transforms import Map, Transform, principal


class Whitening(Transform):
    r"""Whitening: (x − mean) · U / √(λ + ε), features without correlation and of variance λ / (λ + ε), nearly 1.

    U and λ are the eigenvectors and eigenvalues of the training split's covariance matrix. Directions in which nearly
    nothing varies hold mostly noise; ε keeps them from being blown up. Turning back, · Uᵀ, gives ZCA: of all white
    versions the one closest to the data, and images stay images to the eye. Without it the inputs become vectors.

    Formula: z = (x - \bar x)\,U\,(\Lambda + \varepsilon I)^{-1/2} \;\left[\, U^{\top} \right], \qquad
    \operatorname{Cov}(z) \approx I

    Use: Before small dense networks on correlated inputs, and to see edges come out of images (ZCA).

    Trouble: With a small ε the directions of noise become as large as those of the signal. Costs the square of the
    number of features.

    Source: Krizhevsky, Learning multiple layers of features from tiny images, 2009, appendix A (ZCA).
    """

    mixes_inputs: ClassVar[bool] = True
    kind: Literal["whitening"] = "whitening"
    epsilon: float = hparam(1e-5, "Added to every variance, ε.", ge=0, le=10, log=True)
    turn_back: bool = hparam(False, "Turn back to the old axes (ZCA).")

    def fit(self, x: np.ndarray) -> Map:
        mean, variances, directions = principal(x)
        tiny = variances <= (1e-12 if x.dtype == np.float32 else 0) * variances[0]  # rounding, not data
        factor = np.where(tiny, 0, 1 / np.sqrt(np.where(tiny, 1, variances) + self.epsilon))
        matrix = directions * factor
        if self.turn_back:
            matrix = matrix @ directions.T
            if x.dtype != np.float32:
                matrix[:, np.ptp(x.reshape(len(x), -1), 0) == 0] = 0  # a feature that does not vary stays 0
        shape = x.shape[1:] if self.turn_back else (-1,)
        return lambda z: ((z.reshape(len(z), -1) - mean) @ matrix).astype(z.dtype).reshape(len(z), *shape)
