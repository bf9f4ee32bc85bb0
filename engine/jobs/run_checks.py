"""The sanity checks of an experiment, one after the other."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import ClassVar

from engine.catalogue.part import catalogue
from engine.checks import Check
from engine.experiment.experiment import Experiment
from engine.preview.preview import preview
from engine.processes.job import Event, Job, Task
from engine.processes.limits import GIB, Limits
from engine.training.check_context import CheckContext


class RunChecks(Job):
    """Every check of an experiment, the document; an event for each."""

    limits: ClassVar[Limits] = Limits(memory=8 * GIB, seconds=1800.0, cpu_seconds=1800, niceness=5)

    def events(self, task: Task) -> Iterator[Event]:
        """Run the checks. Raises: InvalidExperiment."""
        yield from run_checks(Experiment.from_json(task.text()))


def run_checks(experiment: Experiment, context: CheckContext | None = None) -> Iterator[Event]:
    """What each check finds, as plain values: kind, verdict, expected, found, remedy, numbers, seconds.

    Raises: InvalidExperiment for what cannot be trained.
    """
    preview(experiment)
    context = context or CheckContext(experiment)
    for kind, check in catalogue(Check).items():
        began = time.perf_counter()
        outcome = check().examine(context).plain()
        yield {"kind": kind, **outcome, "seconds": round(time.perf_counter() - began, 3)}
