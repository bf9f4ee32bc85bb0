from __future__ import annotations

from typing import ClassVar, Literal

import torch
from torch import Generator, Tensor

from engine.catalogue.part import hparam
from engine.parts.augmentations import ImageAugmentation


class Shift(ImageAugmentation):
    """Shift: each image is moved by whole pixels, as far as `largest` in every direction; its edge goes on.

    Convolutions hardly notice a shift, dense layers have to learn every place anew.

    Use: Images that are not exactly centered, above all for dense layers.

    Trouble: On 8 × 8 digits two pixels are already a quarter of the picture and may push a stroke out of it.

    Source: LeCun, Bottou, Bengio and Haffner, Gradient-based learning applied to document recognition, 1998.
    """

    rank: ClassVar[int] = 1
    kind: Literal["shift"] = "shift"
    largest: int = hparam(1, "Farthest in each direction.", ge=0, le=64, unit="pixels")

    def images(self, x: Tensor, generator: Generator) -> Tensor:
        height, width = x.shape[2:]
        size = (2, len(x), 1)
        by = torch.randint(-self.largest, self.largest + 1, size, generator=generator, device=x.device)
        rows = (torch.arange(height, device=x.device) + by[0]).clamp(0, height - 1)  # (batch, height)
        columns = (torch.arange(width, device=x.device) + by[1]).clamp(0, width - 1)
        batch = torch.arange(len(x), device=x.device)[:, None, None]
        moved = x.movedim(1, 3)[batch, rows[:, :, None], columns[:, None]]  # (batch, height, width, channels)
        return moved.movedim(3, 1).contiguous()
