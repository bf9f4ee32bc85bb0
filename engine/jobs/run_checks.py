"""Every check of an experiment, one after the other."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from engine.catalogue.part import catalogue
from engine.checks import Check
from engine.experiment.experiment import Experiment
from engine.preview.preview import preview
from engine.training.check_context import Ground


def checked(experiment: Experiment, ground: Ground | None = None) -> Iterator[dict[str, Any]]:
    """What each check finds, as plain values: kind, verdict, expected, found, remedy, numbers, seconds.

    Raises: InvalidExperiment for what cannot be trained.
    """
    preview(experiment)
    ground = ground or Ground(experiment)
    for kind, check in catalogue(Check).items():
        began = time.perf_counter()
        outcome = check().examine(ground).plain()
        yield {"kind": kind, **outcome, "seconds": round(time.perf_counter() - began, 3)}
