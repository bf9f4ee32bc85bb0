from __future__ import annotations

from typing import ClassVar, Literal

import torch
from torch import Generator, Tensor

from engine.catalogue.part import hparam
from engine.message import NOTHING, Message
from engine.parts.augmentations import ImageAugmentation, uniform


class Flip(ImageAugmentation):
    """Horizontal flip: an image is mirrored, left to right, with the given probability.

    Good for photographs: a mirrored cat is a cat. Wrong for digits and letters, which a mirror turns into others or
    into none at all: the network then learns to recognize what never comes.

    Use: Photographs of things that have no left and right.

    Trouble: On digits and letters it teaches what never comes, and a mirrored 2 is not far from a 5.

    Source: Krizhevsky, Sutskever and Hinton, ImageNet classification with deep convolutional neural networks, 2012.
    """

    rank: ClassVar[int] = 2
    kind: Literal["flip"] = "flip"
    rate: float = hparam(0.5, "Share of the images that are mirrored; not for digits or letters.", ge=0, le=1)

    def class_caution(self, classes: tuple[str, ...]) -> Message:
        if not reads_as_writing(classes):
            return NOTHING
        return Message("A mirrored digit or letter is another one or none: the network learns what never comes.")

    def images(self, x: Tensor, generator: Generator) -> Tensor:
        mirrored = uniform(len(x), 0, 1, x, generator) < self.rate
        return torch.where(mirrored[:, None, None, None], x.flip(3), x)


def reads_as_writing(classes: tuple[str, ...]) -> bool:
    """Whether the classes are digits or letters, which a mirror turns into others or into none."""
    return bool(classes) and all(len(name.strip()) == 1 and name.strip().isalnum() for name in classes)
