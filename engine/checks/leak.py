from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from engine.checks import Check, Outcome
from engine.data.split import split
from engine.ground import Ground
from engine.said import Said

SOME = 0.01  # of a split
SHOWN = 5


class Leak(Check):
    """Data leak: no input, after preprocessing, stands in two splits; what was learned by heart would look understood.

    Two inputs are the same when every number of them is. Near-copies, and rows that belong to one person or one day,
    are not seen.

    Source: Kaufman, Rosset and Perlich, Leakage in data mining, 2011.
    """

    rank: ClassVar[int] = 4
    kind: Literal["leak"] = "leak"

    def examine(self, ground: Ground) -> Outcome:
        data = ground.data
        splits = split(ground.experiment, data.source)
        rows = [keys(x.numpy()) for x in (data.train_x, data.validation_x, data.test_x)]
        pairs = {"validation": (1, 0), "test": (2, 0), "test_validation": (2, 1)}
        expected = Said("No input in two splits.")
        found: dict[str, list[int]] = {}
        for name, (held, known) in pairs.items():
            there = set(rows[known])
            found[name] = [int(splits[held][i]) for i, key in enumerate(rows[held]) if key in there]
        counts = {name: len(places) for name, places in found.items()}
        indices = sorted({place for places in found.values() for place in places})
        numbers: dict[str, float | int | list[int]] = {**counts, "indices": indices[:100]}
        if not indices:
            total = sum(map(len, rows))
            return Outcome("pass", expected, Said("None among {n} inputs.", n=total), numbers=numbers)
        said = Said(
            "{validation} of {held} validation inputs and {test} of {tested} test inputs are in training, {both} test "
            "inputs in validation; among them examples {indices}.",
            validation=counts["validation"], held=len(rows[1]), test=counts["test"], tested=len(rows[2]),
            both=counts["test_validation"], indices=", ".join(map(str, indices[:SHOWN])),
        )  # fmt: skip
        remedy = Said("Remove the copies, or keep all copies of one input in the same split.")
        share = max(counts[name] / max(1, len(rows[held])) for name, (held, _) in pairs.items())
        return Outcome("fail" if share > SOME else "warn", expected, said, remedy, numbers)


def keys(x: np.ndarray) -> list[bytes]:
    """Every input as bytes; −0 is 0."""
    return [row.tobytes() for row in np.ascontiguousarray(x + 0.0)]
