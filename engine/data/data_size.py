"""How many bytes an experiment's data take, known before they are prepared."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from engine.examples import Examples
from engine.experiment.experiment import Experiment

WORKED = 24  # bytes that a number takes for a while where preprocessing computes in float64


@dataclass(frozen=True)
class DataSize:
    """In bytes. `resident`: the examples as loaded, the prepared splits, and the training split in the order of this
    epoch and of the next. `preparing`: the most while they are made ready. `example`: one of them, prepared."""

    resident: int
    preparing: int
    example: int

    def with_batches(self, examples: int) -> DataSize:
        """The same with copies of so many examples."""
        return replace(self, resident=self.resident + examples * self.example)


def estimate_size(experiment: Experiment, source: Examples) -> DataSize:
    """What the data of an experiment take, from the shapes alone. Preprocessing that drops features makes it less."""
    shape, worked = source.x.shape[1:], 0
    count, loaded = len(source.x), source.x.nbytes + source.y.nbytes
    for step in experiment.preprocessing:
        if step.acts_on == "inputs":
            between = step.shape(shape)
            worked = max(worked, WORKED * math.prod(between)) if between == shape else worked
            shape = between
    example = 4 * math.prod(shape)
    prepared = count * example
    trained = max(1.0, count * (1 - experiment.validation - experiment.test)) / count
    resident = loaded + prepared + int(2 * trained * prepared)
    return DataSize(resident, loaded + 2 * prepared + count * worked, example)
