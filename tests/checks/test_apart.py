"""Experiments with large data are looked at in a process of their own, one at a time, and the answer is the same."""

from __future__ import annotations

from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, NoReturn

import pytest

from engine.errors import InvalidExperiment
from engine.experiment.experiment import Experiment
from engine.jobs import preview_process
from engine.preview.preview import preview
from engine.processes import execution
from engine.processes.admission import ADMISSION
from engine.processes.job import Job
from engine.processes.launch import Process

MIB = 2**20


def resized(side: int, **more: object) -> Experiment:
    resize = {"kind": "resize", "rows": side, "columns": side}
    document = {"data": {"kind": "digits", "layout": "image"}, "preprocessing": [resize], "device": "cpu"}
    return Experiment.from_dict({**document, "network": [{"kind": "max_pool", "size": 8}, {"kind": "flatten"}], **more})


def peak() -> int:
    """The most memory that this process has had since it was last asked to forget."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def test_four_tabs_with_large_images_leave_this_process_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Process] = []
    beside: list[Process] = []
    launched = execution.start

    def watched(job: type[Job], document: bytes, result: IO[bytes] | None) -> Process:
        beside.extend(process for process in started if process.returncode is None)
        started.append(launched(job, document, result))
        return started[-1]

    monkeypatch.setattr(execution, "start", watched)
    monkeypatch.setattr(preview_process, "_answers", OrderedDict())
    assert not preview_process.is_large(resized(16))
    Path("/proc/self/clear_refs").write_text("5")
    before = peak()
    tabs = [resized(128), resized(128), resized(130), resized(130)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(preview_process.preview_in_job, tabs, "abcd"))
    assert peak() - before < 40 * MIB, "118 MiB of prepared images each, were they made here"
    assert beside == [], "one at a time"
    assert len(started) == 2, "the same is asked once"
    here = preview(tabs[0])
    assert found[0] == here
    assert found[1] == here
    assert preview_process.cost_in_job(tabs[0]).run == here.run_bytes
    assert here.memory.data.resident > 3 * 1797 * 128 * 128 * 4 / 2, "prepared data count"


def test_a_refusal_comes_from_there_as_from_here(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = resized(128, network=[{"kind": "dense"}])
    for _ in range(2):
        with pytest.raises(InvalidExperiment) as caught:
            preview_process.preview_in_job(wrong)
        assert (caught.value.where, str(caught.value.expected)) == ("$.network[0] (dense)", "a vector")


def test_data_that_are_never_loaded_here_are_known_by_their_size() -> None:
    assert preview_process.is_large(Experiment.from_dict({"data": {"kind": "cifar10", "samples": 50_000}}))


def test_preview_and_cost_take_their_visitors_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both are of one job: whoever asks for them first is the one whose place they take."""
    asked: list[str] = []

    def admit(visitor: str, job: type[Job]) -> NoReturn:
        asked.append(visitor)
        raise InterruptedError

    monkeypatch.setattr(ADMISSION, "enter", admit)
    with pytest.raises(InterruptedError):
        preview_process.preview_in_job(resized(132), "ada")
    with pytest.raises(InterruptedError):
        preview_process.cost_in_job(resized(132), "grace")
    assert asked == ["ada", "grace"]
