"""Splits: which examples are for training, for validation, and for the test at the end."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from engine.examples import Examples
from engine.experiment.experiment import Experiment
from engine.numerics.apportion import apportion


class Split(NamedTuple):
    """Indices of the examples of each split, shuffled, (examples,) each."""

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray


def split(experiment: Experiment, source: Examples) -> Split:
    """Split an experiment's examples; the splits depend on the seed alone."""
    groups = source.y if experiment.stratified and source.task == "classification" else None
    return split_indices(len(source.x), experiment.validation, experiment.test, experiment.seed, groups)


def split_indices(count: int, validation: float, test: float, seed: int, groups: np.ndarray | None = None) -> Split:
    """Shuffle `count` indices and divide them in the shares asked for; training and validation get at least one each.

    With `groups` (examples,) every split has each group in the same share, give or take one example (validation and
    test one more where there are both).
    """
    permutation = np.random.default_rng([seed, 1]).permutation(count)  # (examples,)
    test_count = min(round(count * test), count - 2)
    validation_count = min(max(1, round(count * validation)), count - test_count - 1)
    if groups is None:
        holdout = validation_count + test_count
        return Split(permutation[holdout:], permutation[:validation_count], permutation[validation_count:holdout])
    names, sizes = np.unique(groups, return_counts=True)
    # the holdout is apportioned first, so that training, the largest split, is off by less than one example a group
    holdout_sizes = apportion(validation_count + test_count, sizes)  # (groups,)
    validation_sizes = apportion(validation_count, holdout_sizes)  # (groups,)
    number = np.empty(count, np.int8)  # (examples,): 0 training, 1 validation, 2 test
    for name, holdout, validation_size in zip(names, holdout_sizes, validation_sizes, strict=True):
        members = permutation[groups[permutation] == name]
        number[members] = 0
        number[members[:holdout]] = 2
        number[members[:validation_size]] = 1
    return Split(*(permutation[number[permutation] == each] for each in (0, 1, 2)))


def randomize_labels(experiment: Experiment, source: Examples, train: np.ndarray) -> np.ndarray:
    """Replace a share of the training split's targets by chance; returns all targets, shaped as the source's.

    Classes are drawn evenly (the right one may come up again), values of a regression are swapped among each other.

    Source: Zhang et al., Understanding deep learning requires rethinking generalization, 2017.
    """
    if not experiment.random_labels:
        return source.y
    rng = np.random.default_rng([experiment.seed, 2])  # a stream of its own: the splits stay as they were
    chosen = rng.permutation(train)[: round(len(train) * experiment.random_labels)]
    y = source.y.copy()
    if source.task == "classification":
        y[chosen] = rng.integers(0, len(source.classes), len(chosen))
    else:
        y[chosen] = y[rng.permutation(chosen)]
    return y
