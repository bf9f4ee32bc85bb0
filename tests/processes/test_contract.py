"""Processes are started in one place, and every job is one file that says what it needs."""

from __future__ import annotations

import inspect
from importlib import import_module
from pathlib import PurePath

import pytest

from engine.processes.admission import SLOTS
from engine.processes.job import Job
from engine.processes.limits import GIB
from tests.house.source import imports, python, text

MODULES = [path for path in python("engine/") if "(Job)" in text(path)]


@pytest.mark.parametrize("path", [*python("engine/", "pages/"), "app.py"])
def test_processes_are_started_in_one_place(path: str) -> None:
    assert ("subprocess" in imports(path)) == (path == "engine/processes/launch.py")


def test_there_are_jobs() -> None:
    assert len(MODULES) >= 6


@pytest.mark.parametrize("path", MODULES)
def test_a_job_is_one_file_that_says_what_it_needs(path: str) -> None:
    module = import_module(".".join(PurePath(path).with_suffix("").parts))
    (job,) = (one for one in vars(module).values() if inspect.isclass(one) and issubclass(one, Job) and one is not Job)
    assert job.__module__ == module.__name__, "its process finds it there"
    assert not inspect.isabstract(job)
    assert 0 < job.limits.memory <= 8 * GIB
    assert 0 < job.limits.cpu_seconds <= 1800
    assert 0 < job.limits.seconds <= 1800
    assert job.at_once is None or 0 < job.at_once < SLOTS
    assert str(job.failure())
