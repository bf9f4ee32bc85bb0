"""Warnings before training about the splits and about rounding to float32, as (where, sentence)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from engine.data.prepare import Prepared
from engine.experiment.experiment import Experiment
from engine.message import Message

NAMED = 5  # classes; the others are counted
FEW = 10  # examples: a metric of fewer is mostly chance
LOOKED = 1000  # training examples at which the digits of inputs are looked at

SplitWarning = tuple[str, Message]


def find_split_warnings(experiment: Experiment, data: Prepared) -> Iterator[SplitWarning]:
    """Find classes that a split misses, of the output and of every head, and splits too small to tell anything."""
    if data.splits is None:
        return
    sizes = [len(indices) for indices in data.splits]
    if data.source.task == "classification":
        yield from warn_missing_classes(data.source.y, data.source.classes, data.splits, "$.validation")
    elif sizes[0] and not np.ptp(data.train_y.numpy()) > 0:
        yield "$.validation", Message("All training targets are the same: there is nothing to learn from them.")
    for position, goal in data.goals.items():
        block = experiment.network[position]
        # a head without a task of its own learns the output's classes, which are warned about already
        same = block.aspect is not None and block.aspect.task is None
        if goal.task == "classification" and not same:
            names = [str(number) for number in range(goal.outputs)]
            yield from warn_missing_classes(
                goal.y, names, data.splits, f"$.network[{position}] ({block.name()}).target"
            )
    if sizes[1] < FEW:
        yield (
            "$.validation",
            Message("Validation has only {n} examples: its loss and metric are mostly chance.", n=sizes[1]),
        )
    if 0 < sizes[2] < FEW:
        yield "$.test", Message("The test has only {n} examples: its loss and metric are mostly chance.", n=sizes[2])


def warn_missing_classes(
    y: np.ndarray, names: Sequence[str], splits: Sequence[np.ndarray], where: str
) -> Iterator[SplitWarning]:
    """Warn of classes of which a split has no example. `y`: class indices (examples,); `splits`: (training,
    validation, test)."""
    for position, indices in enumerate(splits):
        missing = np.flatnonzero(np.bincount(y[indices], minlength=len(names)) == 0)
        if not len(indices) or not len(missing):
            continue
        classes = join_names([names[int(c)] for c in missing])
        yield (
            "$.test" if position == 2 and where == "$.validation" else where,
            (
                Message(
                    "Training has no example of {classes}: the network never sees what to answer.", classes=classes
                ),
                Message(
                    "Validation has no example of {classes}: it does not tell how well they are recognized.",
                    classes=classes,
                ),
                Message(
                    "The test has no example of {classes}: it does not tell how well they are recognized.",
                    classes=classes,
                ),
            )[position],
        )


def join_names(names: Sequence[str]) -> Message:
    """Quote a few names, and count the others."""
    some = ", ".join(f"“{name}”" for name in names[:NAMED])
    if len(names) <= NAMED:
        return Message("{names}", names=some)
    return Message("{names} and {n} more", names=some, n=len(names) - NAMED)


def find_rounding_warnings(experiment: Experiment, data: Prepared) -> Iterator[SplitWarning]:
    """Find inputs and targets of own tables whose values float32 cannot tell apart after preprocessing."""
    source, where = data.source, "$.preprocessing"
    if data.splits is None or source.x.dtype != np.float64:
        return
    rows = data.splits.train[:LOOKED]
    # a step that mixes inputs leaves no column to compare with the one before
    mixed = any(part.mixes_inputs for part in experiment.preprocessing)
    if not mixed and source.x.ndim == 2:
        before, after = count_distinct(source.x[rows]), count_distinct(data.train_x[: len(rows)].numpy())  # (inputs,)
        for column in np.flatnonzero(2 * after < before)[:NAMED]:
            counts = {"n": int(before[column]), "place": int(column) + 1, "left": int(after[column])}
            yield (
                where,
                Message(
                    "Of {n} different values of input {place}, {left} are left in float32: standardize the inputs.",
                    **counts,
                ),
            )
    if source.task == "regression":
        before, after = count_distinct(source.y[rows]), count_distinct(data.train_y[: len(rows)].numpy())
        if (2 * after < before).any():
            yield (
                where,
                Message(
                    "Of {n} different values of the target, {left} are left in float32: standardize the target.",
                    n=int(before[0]),
                    left=int(after[0]),
                ),
            )


def count_distinct(x: np.ndarray) -> np.ndarray:
    """Count the different values of each column of `x` (rows, columns), (columns,)."""
    return np.asarray((np.diff(np.sort(x, 0), axis=0) > 0).sum(0) + 1)
