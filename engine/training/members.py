"""The members of a bagged network: what each is trained as, and on which examples."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.experiment.experiment import Experiment
from engine.numerics.seeding import BOOTSTRAP, MEMBER, seed_of
from engine.parts.regularizers.bagging import Bagging


def chosen(experiment: Experiment) -> Bagging | None:
    """The experiment's bagging, if it has one."""
    return next((rule for rule in experiment.regularizers if isinstance(rule, Bagging)), None)


def alone(experiment: Experiment) -> list[Experiment]:
    """The experiment of each member, with the seed for its weights, order, dropout and augmentation."""
    bagging = chosen(experiment)
    if bagging is None:
        return [experiment]
    rules = tuple(rule for rule in experiment.regularizers if rule is not bagging)
    seeds = (seed_of(experiment.seed, MEMBER, place) % 2**31 for place in range(bagging.members))
    return [experiment.model_copy(update={"seed": seed, "regularizers": rules}) for seed in seeds]


def sample(experiment: Experiment, count: int) -> Tensor:
    """Which examples a member has, as many as there are, drawn with replacement, (count,)."""
    generator = torch.Generator().manual_seed(seed_of(experiment.seed, BOOTSTRAP, 0))
    return torch.randint(count, (count,), generator=generator)


def samples(experiment: Experiment, count: int) -> list[Tensor]:
    """Every member's sample; all the examples of a lone network."""
    if chosen(experiment) is None:
        return [torch.arange(count)]
    return [sample(member, count) for member in alone(experiment)]
