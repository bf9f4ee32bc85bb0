"""The members of an ensemble: the experiment and the training examples of each."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.experiment.experiment import Experiment
from engine.numerics.seeding import BOOTSTRAP, MEMBER, seed_of


def build_member_experiments(experiment: Experiment) -> list[Experiment]:
    """The experiment of each member, with its own seed for weights, order, dropout and augmentation. Without an
    ensemble: the experiment itself."""
    if experiment.ensemble is None:
        return [experiment]
    seeds = (seed_of(experiment.seed, MEMBER, number) % 2**31 for number in range(experiment.ensemble.members))
    return [experiment.model_copy(update={"seed": seed, "ensemble": None}) for seed in seeds]


def draw_member_samples(experiment: Experiment, count: int) -> list[Tensor]:
    """The indices of each member's training examples, (count,) each; all examples without an ensemble."""
    if experiment.ensemble is None:
        return [torch.arange(count)]  # (examples,)
    generators = (
        torch.Generator().manual_seed(seed_of(member.seed, BOOTSTRAP, 0))
        for member in build_member_experiments(experiment)
    )
    return [experiment.ensemble.sample(count, generator) for generator in generators]
