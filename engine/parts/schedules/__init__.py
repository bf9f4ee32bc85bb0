"""Schedules: the learning rate over time, as a factor on the optimizer's own."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from engine.catalogue.part import Part

ScheduleState = tuple[float, ...]
"""What a schedule remembers of the validation losses so far. Its last number is the factor of the next epoch."""

Spans = tuple[tuple[int, int], ...]
"""The planned lengths of a run: (first step, total steps) for each plan, in the order of the first steps."""


class ScheduleProgress(NamedTuple):
    """How far a run is: optimizer steps taken, epochs finished, and total steps.

    `spans`: the planned lengths, of a run whose length has changed; empty for all others. An edit of the batch size
    changes the number of steps of a run whose length is given in epochs.
    """

    step: int
    epoch: int
    total_steps: int
    spans: Spans = ()

    def compute_share(self, first: int = 0, ending: int = 0) -> float:
        """The share of the way from step `first` to the step `ending` steps before the end, from 0 to 1.

        A change of length leaves the share as it is: what remained then is divided over the steps that remain now, so
        that the learning rate neither jumps nor misses its value at the end.
        """
        share = 0.0
        spans = self.spans or ((0, self.total_steps),)
        for (since, total), (until, _) in zip(spans, (*spans[1:], (self.step, 0)), strict=True):
            start = max(since, first)
            if until > start:
                # max: the run may be shorter than `first` steps; min: it may be asked for a step beyond its end
                share += (1 - share) * min(1.0, (until - start) / max(1, total - ending - start))
        return share


def extend_spans(spans: Spans, step: int, total: int) -> Spans:
    """Add the plan known after `step` steps, of `total` steps, where it differs from the newest one."""
    if spans and spans[-1][1] == total:
        return spans
    # a plan made at this step or later was replaced before a step was taken by it
    return (*(span for span in spans if span[0] < step), (step, total))


class Schedule(Part, family="schedules", position=9):
    """The learning rate over a run, as a factor on the optimizer's.

    The factor of a step is `compute_factor` times `compute_epoch_factor`. A part is frozen and keeps no state: what it
    remembers is passed in and returned, so that a run can be resumed from its losses alone.

    `is_constant`: both factors are always 1, so that an exported program can leave the schedule out. `initial_state`:
    the state before the first epoch.
    """

    is_constant: ClassVar[bool] = False
    initial_state: ClassVar[ScheduleState] = (1.0,)

    @abstractmethod
    def compute_factor(self, progress: ScheduleProgress) -> float:
        """The factor in the next step; it depends on time alone."""

    def update_state(self, state: ScheduleState, validation_loss: float) -> ScheduleState:
        """The state after one more epoch, in O(1)."""
        return state

    def compute_epoch_factor(self, validation_losses: Sequence[float]) -> float:
        """The factor in the epoch after those with these losses."""
        state = self.initial_state
        for loss in validation_losses:
            state = self.update_state(state, loss)
        return state[-1]
