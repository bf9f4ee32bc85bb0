"""The process that examines: it answers, refuses and can be ended."""

from __future__ import annotations

import json
import os
import time

import pytest

from engine.catalogue.part import catalogue
from engine.checks import Check
from engine.experiment.experiment import Experiment
from engine.jobs.process import Study


def working(study: Study) -> int:
    """The process's id, once there is one."""
    until = time.monotonic() + 60
    while study.state == "waiting" and time.monotonic() < until:
        time.sleep(0.01)
    assert study._process is not None
    return study._process.pid


def test_a_cancelled_study_leaves_no_process() -> None:
    study = Study("checks", Experiment().to_json())
    pid = working(study)
    os.kill(pid, 0)  # it is there
    study.cancel()
    study.wait(60)
    assert study.state == "cancelled"
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    study.cancel()
    assert study.state == "cancelled"


def test_one_that_waits_can_be_cancelled_before_it_begins() -> None:
    studies = [Study("checks", Experiment(seed=seed).to_json()) for seed in range(4)]
    for study in reversed(studies):
        study.cancel()
    for study in studies:
        study.wait(60)
    assert {study.state for study in studies} == {"cancelled"}
    after = Study("checks", Experiment().to_json())
    after.wait(300)
    assert after.state == "done", "the places were given back"
    assert [answer["kind"] for answer in after.answers] == list(catalogue(Check))


def test_what_cannot_be_trained_is_refused_in_parts() -> None:
    start = Experiment().to_dict() | {"network": [{"kind": "conv2d"}]}
    study = Study("checks", json.dumps(start))
    study.wait(300)
    assert (study.state, len(study.answers)) == ("done", 1)
    assert study.answers[0]["where"] == "$.network[0] (conv2d)"


def test_a_run_that_is_not_there_is_said() -> None:
    study = Study("quantized", json.dumps("nobody"))
    study.wait(300)
    assert study.answers == [{"error": {"text": "{text}", "values": {"text": "There is no run nobody."}}}]
