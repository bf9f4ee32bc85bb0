"""Which examples are for training, which for validation, which for the test at the end."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from engine.examples import Examples
from engine.experiment.experiment import Experiment
from engine.numerics.apportion import apportion


class Split(NamedTuple):
    """Indices of the examples of each split, shuffled."""

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray


def split(experiment: Experiment, source: Examples) -> Split:
    """The splits of an experiment's data; they depend on the seed alone."""
    groups = source.y if experiment.stratified and source.task == "classification" else None
    return divide(len(source.x), experiment.validation, experiment.test, experiment.seed, groups)


def divide(count: int, validation: float, test: float, seed: int, groups: np.ndarray | None = None) -> Split:
    """Shuffled indices in the shares asked for; training and validation have at least one each.

    With `groups` (one for each example) every split has each group in the same share, give or take one example
    (validation and test one more where there are both).
    """
    order = np.random.default_rng([seed, 1]).permutation(count)
    tested = min(round(count * test), count - 2)
    held = min(max(1, round(count * validation)), count - tested - 1)
    if groups is None:
        return Split(order[held + tested :], order[:held], order[held : held + tested])
    names, sizes = np.unique(groups, return_counts=True)
    outside = apportion(held + tested, sizes)
    first = apportion(held, outside)
    kinds = np.empty(count, np.int8)
    for name, out, own in zip(names, outside, first, strict=True):
        members = order[groups[order] == name]
        kinds[members] = 0
        kinds[members[:out]] = 2
        kinds[members[:own]] = 1
    return Split(*(order[kinds[order] == kind] for kind in (0, 1, 2)))


def with_random_labels(experiment: Experiment, source: Examples, train: np.ndarray) -> np.ndarray:
    """The targets, a share of those of the training split replaced by chance: classes drawn evenly (the right one may
    come up again), values of a regression swapped among each other.

    Source: Zhang et al., Understanding deep learning requires rethinking generalization, 2017.
    """
    if not experiment.random_labels:
        return source.y
    rng = np.random.default_rng([experiment.seed, 2])
    chosen = rng.permutation(train)[: round(len(train) * experiment.random_labels)]
    y = source.y.copy()
    if source.task == "classification":
        y[chosen] = rng.integers(0, len(source.classes), len(chosen))
    else:
        y[chosen] = y[rng.permutation(chosen)]
    return y
