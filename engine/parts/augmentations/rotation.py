from __future__ import annotations

import math
from typing import ClassVar, Literal

import torch
from torch import Generator, Tensor

from engine.catalogue.part import hparam
from engine.parts.augmentations import ImageAugmentation, sample, uniform


class Rotation(ImageAugmentation):
    """Rotation: each image is turned about its middle by an angle drawn between −largest and +largest.

    Pixels in between are interpolated, so fine detail blurs a little. A 6 turned far enough is a 9.

    Use: Photographs and digits, by as much as they really come tilted: 10 to 15 degrees.

    Trouble: Validation is never turned: if its accuracy falls, the angles are larger than what really comes.

    Source: Simard, Steinkraus and Platt, Best practices for convolutional neural networks, 2003.
    """

    rank: ClassVar[int] = 0
    kind: Literal["rotation"] = "rotation"
    largest: float = hparam(10.0, "Largest angle either way.", ge=0, le=180, unit="degrees")

    def images(self, x: Tensor, generator: Generator) -> Tensor:
        angle = uniform(len(x), -self.largest, self.largest, x, generator) * (math.pi / 180)
        cos, sin = angle.cos(), angle.sin()
        matrix = torch.stack([cos, -sin, sin, cos], 1).reshape(-1, 2, 2)
        return sample(x, matrix, torch.zeros(len(x), 2, device=x.device))
