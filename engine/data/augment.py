"""Augmentation of training batches, repeatable from the seed and the step alone."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.experiment.experiment import Experiment
from engine.numerics.seeding import AUGMENTATION, seed_of


class Augment:
    """Applies the augmentations of an experiment one after the other, on the device of the batch."""

    def __init__(self, experiment: Experiment, device: torch.device) -> None:
        self.parts = experiment.augmentations
        self.seed = experiment.seed
        self.generator = torch.Generator(device)

    def __call__(self, x: Tensor, y: Tensor, step: int) -> tuple[Tensor, Tensor]:
        """Augment inputs (batch, …) and targets (batch, …) of a step; shapes stay."""
        if not self.parts:
            return x, y
        # seeded anew at each step, so that a resumed run draws the same and no checkpoint holds a generator's state
        self.generator.manual_seed(seed_of(self.seed, AUGMENTATION, step))
        for part in self.parts:
            x, y = part.apply(x, y, self.generator)
        return x, y
