"""Bytes that an experiment's data take, computed from shapes before anything is prepared."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from engine.examples import Examples
from engine.experiment.experiment import Experiment

FLOAT64_SCRATCH = 24  # bytes that a number takes for a while where preprocessing computes in float64


@dataclass(frozen=True)
class DataSize:
    """Sizes in bytes.

    `resident`: the examples as loaded, the prepared splits, and the shuffled training split of this epoch and of the
    next. `preparing`: the peak while they are prepared. `example`: one prepared example.
    """

    resident: int
    preparing: int
    example: int

    def add_batches(self, examples: int) -> DataSize:
        """The sizes with copies of so many examples resident too."""
        return replace(self, resident=self.resident + examples * self.example)


def estimate_size(experiment: Experiment, source: Examples) -> DataSize:
    """Estimate the bytes of an experiment's data. Preprocessing that drops features makes them fewer."""
    shape, scratch = source.x.shape[1:], 0
    count, loaded = len(source.x), source.x.nbytes + source.y.nbytes
    for step in experiment.preprocessing:
        if step.acts_on == "inputs":
            after = step.shape(shape)
            # only a resize changes the shape, and it computes nothing in float64
            scratch = max(scratch, FLOAT64_SCRATCH * math.prod(after)) if after == shape else scratch
            shape = after
    example = 4 * math.prod(shape)  # networks get float32
    prepared = count * example
    train_share = max(1.0, count * (1 - experiment.validation - experiment.test)) / count
    # twice: the next epoch is shuffled while the last one is still there
    resident = loaded + prepared + int(2 * train_share * prepared)
    return DataSize(resident, loaded + 2 * prepared + count * scratch, example)
