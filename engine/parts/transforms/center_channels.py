from __future__ import annotations

from typing import Literal

import numpy as np

from engine.catalogue.part import hparam
from engine.parts.transforms import Map, Transform, moments


class CenterChannels(Transform):
    r"""Center channels: x − mean of each channel over all pixels of the training split.

    A color image loses three numbers instead of a whole mean image, so it does not matter where in the picture things
    are. In sequences each feature is a channel, over all steps; of vectors each feature is one.

    Formula: z_{c} = x_c - \bar x_c, \qquad z_c = \frac{x_c - \bar x_c}{\sigma_c}

    Use: Color images and convolutions, which treat all places alike.

    Trouble: A constant background pattern stays; centering each pixel would take it away.

    Source: Simonyan and Zisserman, Very deep convolutional networks for large-scale image recognition, 2015.
    """

    kind: Literal["center_channels"] = "center_channels"
    divide: bool = hparam(False, "Divide by the standard deviation of each channel too.")

    def fit(self, x: np.ndarray) -> Map:
        axes = {4: (0, 2, 3), 3: (0, 1)}.get(x.ndim, (0,))
        mean, deviation = (found[0] for found in moments(x, axes))
        scale = np.where((deviation > 0) & self.divide, deviation, 1)
        return lambda z: ((z - mean) / scale).astype(z.dtype)
