"""Schedules: the learning rate over time, as a factor on the optimizer's own."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from engine.parts import Part

Seen = tuple[float, ...]


class Progress(NamedTuple):
    """How far a run is: optimizer steps taken, whole epochs finished, and the steps it will take in all."""

    step: int
    epoch: int
    total_steps: int


class Schedule(Part, family="schedules"):
    """A schedule."""

    rank: ClassVar[int] = 100
    blank: ClassVar[Seen] = (1.0,)

    @abstractmethod
    def factor(self, progress: Progress) -> float:
        """What the learning rate is multiplied with in the next step."""

    def follow(self, seen: Seen, validation_loss: float) -> Seen:
        """What is remembered after one more epoch; `blank` before the first. Its last number is `epoch_factor`."""
        return seen

    def epoch_factor(self, validation_losses: Sequence[float]) -> float:
        """What it is multiplied with besides, in the epoch that follows these."""
        seen = self.blank
        for loss in validation_losses:
            seen = self.follow(seen, loss)
        return seen[-1]
