"""The jobs that examine an experiment: they answer, refuse and can be ended."""

from __future__ import annotations

import json
import os
import time

import pytest

from engine.catalogue.part import catalogue
from engine.checks import Check
from engine.errors import InvalidExperiment
from engine.experiment.experiment import Experiment
from engine.jobs.quantize import QuantizeRun
from engine.jobs.run_checks import RunChecks
from engine.processes.execution import Execution, submit


def working(started: Execution) -> int:
    """The process's id, once there is one."""
    until = time.monotonic() + 60
    while started.pid is None and time.monotonic() < until:
        time.sleep(0.01)
    assert started.pid is not None
    return started.pid


def test_cancelled_checks_leave_no_process() -> None:
    started = submit(RunChecks, Experiment().to_json())
    pid = working(started)
    os.kill(pid, 0)  # it is there
    started.cancel()
    started.wait(60)
    assert started.state == "cancelled"
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    started.cancel()
    assert started.state == "cancelled"


def test_those_that_wait_can_be_cancelled_before_they_begin() -> None:
    started = [submit(RunChecks, Experiment(seed=seed).to_json()) for seed in range(4)]
    for one in reversed(started):
        one.cancel()
    for one in started:
        one.wait(60)
    assert {one.state for one in started} == {"cancelled"}
    after = submit(RunChecks, Experiment().to_json())
    after.wait(300)
    assert after.state == "done", "the places were given back"
    assert [event["kind"] for event in after.events] == list(catalogue(Check))


def test_what_cannot_be_trained_is_refused_in_parts() -> None:
    start = Experiment().to_dict() | {"network": [{"kind": "conv2d"}]}
    refused = submit(RunChecks, json.dumps(start))
    refused.wait(300)
    assert (refused.state, refused.events) == ("refused", [])
    assert isinstance(refused.error, InvalidExperiment)
    assert refused.error.where == "$.network[0] (conv2d)"


def test_a_run_that_is_not_there_is_said() -> None:
    refused = submit(QuantizeRun, json.dumps("nobody"))
    refused.wait(300)
    assert str(refused.error) == "There is no run nobody."
