"""Augmentations: training batches changed at random, so that no epoch shows quite the same examples again."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

import torch
from torch import Generator, Tensor

from engine.catalogue.part import Part
from engine.errors import InvalidExperiment
from engine.message import NOTHING, Message

Shape = tuple[int, ...]


class Augmentation(Part, family="augmentations", position=2):
    """An augmentation. It acts on batches of the training split alone, after preprocessing, on their device.

    `mixes`: it changes targets too, which then are rows of class shares (or values).
    """

    mixes: ClassVar[bool] = False

    def expect(self, in_shape: Shape) -> None:
        """Raises: InvalidExperiment if inputs of this shape (without the batch) cannot be augmented so."""

    def class_caution(self, classes: tuple[str, ...]) -> Message:
        """Why examples of such classes should not be changed so, or nothing."""
        return NOTHING

    @abstractmethod
    def apply(self, x: Tensor, y: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
        """A changed batch; `x` and `y` stay as they are. All chance comes from the generator, which is on `x`'s device.

        Shape: `x` (batch, *in_shape), `y` as the loss takes it.
        """


class ImageAugmentation(Augmentation):
    """An augmentation of images; targets stay."""

    def expect(self, in_shape: Shape) -> None:
        """Raises: InvalidExperiment for anything but images."""
        if len(in_shape) != 3:
            received = " × ".join(map(str, in_shape))
            raise InvalidExperiment(
                "", Message("images (channels, height, width)"), received, Message("choose the layout image")
            )

    def apply(self, x: Tensor, y: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
        """The images changed, the targets as they are."""
        return self.images(x, generator), y

    @abstractmethod
    def images(self, x: Tensor, generator: Generator) -> Tensor:
        """The changed images, (batch, channels, height, width)."""


def uniform(count: int, low: float, high: float, x: Tensor, generator: Generator) -> Tensor:
    """So many numbers between low and high, (count,)."""
    return low + (high - low) * torch.rand(count, generator=generator, device=x.device)


def sample(x: Tensor, matrix: Tensor, offset: Tensor) -> Tensor:
    """Images whose pixel at p (from the middle, in pixels, x right and y down) is the old one at matrix · p + offset.

    Between pixels it is interpolated linearly; beyond the edge, the edge goes on.

    Shape: `x` (batch, channels, height, width), `matrix` (batch, 2, 2), `offset` (batch, 2).
    """
    size = torch.tensor([x.shape[3], x.shape[2]], dtype=x.dtype, device=x.device)  # width, height
    scaled = matrix * size / size[:, None]  # grid_sample counts in half widths and half heights
    theta = torch.cat([scaled, (2 * offset / size)[:, :, None]], 2)  # (batch, 2, 3)
    grid = torch.nn.functional.affine_grid(theta, list(x.shape), align_corners=False)
    return torch.nn.functional.grid_sample(x, grid, "bilinear", "border", align_corners=False)
