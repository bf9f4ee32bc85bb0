"""Schedules: the learning rate over time, as a factor on the optimizer's own."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from engine.parts import Part


class Progress(NamedTuple):
    """How far a run is: optimizer steps taken, whole epochs finished, and the steps it will take in all."""

    step: int
    epoch: int
    total_steps: int


class Schedule(Part, family="schedules"):
    """A schedule."""

    rank: ClassVar[int] = 100

    @abstractmethod
    def factor(self, progress: Progress) -> float:
        """What the learning rate is multiplied with in the next step."""

    def epoch_factor(self, validation_losses: Sequence[float]) -> float:
        """What it is multiplied with besides, in the epoch that follows these; asked once an epoch."""
        return 1.0
