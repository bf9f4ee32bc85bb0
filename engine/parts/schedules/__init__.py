"""Schedules: the learning rate over time, as a factor on the optimizer's own."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from engine.catalogue.part import Part

Seen = tuple[float, ...]


Spans = tuple[tuple[int, int], ...]


class Progress(NamedTuple):
    """How far a run is: optimizer steps taken, whole epochs finished, and the steps it will take in all.

    `spans` is what is known of a length that changed on the way, as an edit of the batch size changes the one of a run
    over epochs: from which step on it was to be how many steps.
    """

    step: int
    epoch: int
    total_steps: int
    spans: Spans = ()

    def share(self, first: int = 0, ending: int = 0) -> float:
        """What share of the way is done from step `first` to `ending` steps before the end.

        Where the length changes the share stands still: what was left then is gone through in the steps left now.
        """
        done = 0.0
        spans = self.spans or ((0, self.total_steps),)
        for (since, total), (until, _) in zip(spans, (*spans[1:], (self.step, 0)), strict=True):
            start = max(since, first)
            if until > start:
                done += (1 - done) * min(1.0, (until - start) / max(1, total - ending - start))
        return done


def lengthened(spans: Spans, step: int, total: int) -> Spans:
    """The spans of a run of which the next step is known to be the one after `step`, of `total` in all."""
    if spans and spans[-1][1] == total:
        return spans
    return (*(span for span in spans if span[0] < step), (step, total))


class Schedule(Part, family="schedules", position=9):
    """A schedule. `is_constant`: its factor is always 1, so that a program may leave it out."""

    is_constant: ClassVar[bool] = False
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
