from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

import numpy as np

from engine.checks import Check, Outcome
from engine.data.split import split
from engine.data.target_leakage import find_target_copies
from engine.message import Message
from engine.parts.datasets import Dataset
from engine.training.check_context import CheckContext

SOME = 0.01  # of a split
SHOWN = 5
PAIRS = {"validation": (1, 0), "test": (2, 0), "test_validation": (2, 1)}


EXPECTED = Message("No input in two splits, and none that is the target.")


class Leak(Check):
    """Data leak: no input, after preprocessing, stands in two splits, and no column is the target in other numbers.

    What was learned by heart, or only read off, would look understood. Two inputs are the same when every number of
    them is. A column is the target when each says the other: value by value, or, of numbers, in the same or the
    opposite order. Near-copies, and rows that belong to one person or one day, are not seen.

    Use: Before a validation metric is believed, above all one that is surprisingly good.

    Trouble: Only exact copies are found; that one person has rows in both splits must be known to who brings the
    data.

    Source: Kaufman, Rosset and Perlich, Leakage in data mining, 2011.
    """

    rank: ClassVar[int] = 4
    kind: Literal["leak"] = "leak"

    def examine(self, context: CheckContext) -> Outcome:
        data = context.data
        if not data.source.vocabulary_size and (columns := find_target_copies(data.source.x, data.source.y)):
            return report_target_columns(columns)
        splits = split(context.experiment, data.source)
        rows = [make_keys(x.numpy()) for x in (data.train_x, data.validation_x, data.test_x)]
        found = find_shared(rows, splits)
        indices = merge_indices(found)
        expected = EXPECTED
        numbers: dict[str, float | int | list[int]] = {name: len(indices) for name, indices in found.items()}
        numbers["indices"] = indices[:100]
        if not indices:
            total = sum(map(len, rows))
            return Outcome("pass", expected, Message("None among {n} inputs.", n=total), numbers=numbers)
        sizes = [len(own) for own in rows]
        worst = max(len(found[name]) / max(1, sizes[held]) for name, (held, _) in PAIRS.items())
        before = make_keys(data.source.x)
        given = merge_indices(find_shared([[before[i] for i in own] for own in splits], splits))
        made = 2 * len(set(indices) & set(given)) < len(indices)
        remedy = advise(context.experiment.data, made=made, few=worst <= SOME)
        return Outcome("warn" if worst <= SOME else "fail", expected, describe_shared(found, sizes), remedy, numbers)


def report_target_columns(columns: list[int]) -> Outcome:
    """Some columns are the target."""
    some = ", ".join(str(index + 1) for index in columns[:SHOWN])
    found = Message(
        "The input in column {columns} says the target: each has one value for each of the other's, or their order is "
        "the same.",
        columns=some,
    )
    if len(columns) > 1:
        found = Message(
            "The inputs in columns {columns} say the target: each has one value for each of the other's, or their "
            "order is the same.",
            columns=some,
        )
    remedy = Message(
        "Leave it out, unless it will be known beforehand when the network is used: nothing is left to learn."
    )
    return Outcome("fail", EXPECTED, found, remedy, {"columns": columns[:100]})


def find_shared(rows: list[list[bytes]], splits: Sequence[np.ndarray]) -> dict[str, list[int]]:
    """For each pair of splits the examples of the one that are in the other too; `rows` are their inputs."""
    known = [set(own) for own in rows]
    return {
        name: [int(splits[held][i]) for i, key in enumerate(rows[held]) if key in known[other]]
        for name, (held, other) in PAIRS.items()
    }


def merge_indices(found: dict[str, list[int]]) -> list[int]:
    """The examples of all pairs, in order."""
    return sorted({index for indices in found.values() for index in indices})


def describe_shared(found: dict[str, list[int]], sizes: list[int]) -> Message:
    """How many there are, and which."""
    indices = merge_indices(found)
    some = ", ".join(map(str, indices[:SHOWN]))
    if len(indices) == 1:
        which = Message("It is example {index}.", index=indices[0])
    elif len(indices) <= SHOWN:
        which = Message("They are examples {indices}.", indices=some)
    else:
        which = Message("Among them are examples {indices}.", indices=some)
    counts = {name: len(indices) for name, indices in found.items()}
    if not sizes[2]:
        return Message(
            "Also in training: {validation} of {held} validation inputs. {which}",
            validation=counts["validation"], held=sizes[1], which=which,
        )  # fmt: skip
    return Message(
        "Also in training: {validation} of {held} validation inputs, {test} of {tested} test inputs. Also in "
        "validation: {both} of {tested} test inputs. {which}",
        validation=counts["validation"], held=sizes[1], test=counts["test"], tested=sizes[2],
        both=counts["test_validation"], which=which,
    )  # fmt: skip


def advise(data: Dataset, *, made: bool, few: bool) -> Message:
    """What can be done: nobody can remove anything from a data set that comes with the program."""
    if made:
        return Message("Most of these inputs differ before preprocessing: choose one that keeps them apart.")
    if data.is_own:
        return Message("Remove the copies from your data, so that one of each is left.")
    if few:
        return Message("The copies come with this data set; so few hardly change the results on held-out examples.")
    return Message(
        "The copies come with this data set. Another seed may leave fewer of them in two splits; until then the "
        "results on held-out examples look better than they are."
    )


def make_keys(x: np.ndarray) -> list[bytes]:
    """Every input as bytes; −0 is 0."""
    return [row.tobytes() for row in np.ascontiguousarray(x + 0.0)]
