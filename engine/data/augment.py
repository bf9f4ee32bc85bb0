"""Augmentation at work: each step's chance comes from the seed and the step alone, so that a resumed run repeats it."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.experiment.experiment import Experiment
from engine.numerics.seeding import AUGMENTATION, seed_of


class Augment:
    """The augmentations of an experiment, one after the other."""

    def __init__(self, experiment: Experiment, device: torch.device) -> None:
        self.parts = experiment.augmentations
        self.seed = experiment.seed
        self.generator = torch.Generator(device)

    def __call__(self, x: Tensor, y: Tensor, step: int) -> tuple[Tensor, Tensor]:
        """The batch of a step as training sees it."""
        if not self.parts:
            return x, y
        self.generator.manual_seed(seed_of(self.seed, AUGMENTATION, step))
        for part in self.parts:
            x, y = part.apply(x, y, self.generator)
        return x, y
