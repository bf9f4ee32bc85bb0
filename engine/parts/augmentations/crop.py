from __future__ import annotations

from typing import ClassVar, Literal

import torch
from torch import Generator, Tensor

from engine.catalogue.part import hparam
from engine.parts.augmentations import ImageAugmentation, sample, uniform


class Crop(ImageAugmentation):
    """Crop: a window of each image, its side drawn between `smallest` and 1, is enlarged to the whole size.

    The window lies anywhere inside the image. What is to be recognized should still be seen in the smallest one.

    Use: Photographs in which things come near and far.

    Trouble: A window that is too small shows the network a piece without what the label names.

    Source: Szegedy et al., Going deeper with convolutions, 2015, section 6.
    """

    rank: ClassVar[int] = 3
    kind: Literal["crop"] = "crop"
    smallest: float = hparam(0.8, "Smallest window, as a share of the image's side.", ge=0.1, le=1)

    def images(self, x: Tensor, generator: Generator) -> Tensor:
        share = uniform(len(x), self.smallest, 1, x, generator)
        offset = 2 * torch.rand(len(x), 2, generator=generator, device=x.device) - 1
        room = (1 - share)[:, None] / 2 * torch.tensor([x.shape[3], x.shape[2]], device=x.device)
        matrix = share[:, None, None] * torch.eye(2, device=x.device)
        return sample(x, matrix, offset * room)
