"""The result of a call of `Trainer.advance`, and the channels that every frame has beside the probes'."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from engine.data.epochs import EpochRow
from engine.frame import Channel, Frame

CLOCKED = ("speed", "cost")  # readings of the machine, which differ between repetitions of a run

CHANNELS = (
    Channel("loss", "Loss of the batch", "L", mark="scalar", scale="log"),
    Channel("lr", "Learning rate", "α", mark="scalar", scale="log"),
    Channel("speed", "Speed", "examples / s, steps / s", "1/s", "scalar"),
    Channel("cost", "Instruments", "time for instruments / time", "share", "scalar"),
)
"""The channels of every run."""


@dataclass
class Progress:
    """The losses of steps `first_step`, `first_step` + 1, …; the epochs that ended, with their recalls and confusion
    matrices (`classes`); and the frames."""

    first_step: int
    losses: list[float] = field(default_factory=list)
    epochs: list[EpochRow] = field(default_factory=list)
    classes: list[tuple[float, ...]] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)


def scalar(value: float) -> np.ndarray:
    """A number as a reading, float32, (1,)."""
    return np.array([value], np.float32)
