"""The members of an ensemble: what each is trained as, and on which examples."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.experiment.experiment import Experiment
from engine.numerics.seeding import BOOTSTRAP, MEMBER, seed_of


def member_experiments(experiment: Experiment) -> list[Experiment]:
    """The experiment of each member, with the seed for its weights, order, dropout and augmentation; without an
    ensemble the experiment itself."""
    if experiment.ensemble is None:
        return [experiment]
    seeds = (seed_of(experiment.seed, MEMBER, place) % 2**31 for place in range(experiment.ensemble.members))
    return [experiment.model_copy(update={"seed": seed, "ensemble": None}) for seed in seeds]


def member_samples(experiment: Experiment, count: int) -> list[Tensor]:
    """Which of the training examples each member has, (count,) each; all of them without an ensemble."""
    if experiment.ensemble is None:
        return [torch.arange(count)]
    generators = (
        torch.Generator().manual_seed(seed_of(own.seed, BOOTSTRAP, 0)) for own in member_experiments(experiment)
    )
    return [experiment.ensemble.sample(count, generator) for generator in generators]
