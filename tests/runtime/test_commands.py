"""What a run can be told, and when it does it."""

from __future__ import annotations

import itertools
import os
import time
from functools import partial
from typing import Any

import numpy as np
import pytest

from engine.errors import PlaygroundError
from engine.experiment.edits import Edit
from engine.frame import Frame
from engine.runtime.client import Fleet
from engine.store.reader import Reader
from tests.rows import checkpoint_of, row_of
from tests.runtime.conftest import small, wait_for


@pytest.fixture
def run(fleet: Fleet, reader: Reader) -> Any:
    name = fleet.start(small())
    wait_for(lambda: row_of(reader, name).step > 20)
    yield name
    fleet.delete(name)


def cpu_seconds(pid: int) -> float:
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_pause_stands_still_and_costs_nothing(fleet: Fleet, reader: Reader, run: str) -> None:
    at = fleet.pause(run)
    row = row_of(reader, run)
    assert (row.state, row.step) == ("paused", at)  # all of it is on the disk when the answer comes
    assert checkpoint_of(reader, run).step == at
    pid = fleet.status()["runs"][run]["pid"]
    time.sleep(0.2)
    before = cpu_seconds(pid)
    time.sleep(1.0)
    assert cpu_seconds(pid) - before <= 0.02
    assert row_of(reader, run).step == at
    assert fleet.pause(run) == at  # twice is once
    assert [line.kind for line in reader.read_log(run)] == ["pause"]
    assert fleet.resume(run) == at
    wait_for(lambda: row_of(reader, run).step > at)


def newest(reader: Reader, run: str) -> Frame:
    """The newest frame of a run."""
    data = reader.read_frame(run)
    assert data is not None
    return Frame.decode(data)


def frames_since(reader: Reader, run: str, step: int) -> list[Frame]:
    """The frames of a run after a step."""
    return list(map(Frame.decode, reader.read_frames(run, step)))


def test_one_batch_and_one_epoch(fleet: Fleet, reader: Reader, run: str) -> None:
    at = fleet.pause(run)
    assert fleet.step(run, "batch") == at
    wait_for(lambda: row_of(reader, run).step == at + 1)
    assert newest(reader, run).step == at + 1  # each step that was asked for has its picture
    epoch = row_of(reader, run).epoch
    fleet.step(run, "epoch")
    wait_for(lambda: row_of(reader, run).epoch == epoch + 1)
    row = row_of(reader, run)
    time.sleep(0.3)
    assert row_of(reader, run).step == row.step == reader.read_epochs(run)[-1, 1]
    assert newest(reader, run).step == row.step
    assert row.state == "paused"


def test_a_step_pauses_a_running_run(fleet: Fleet, reader: Reader, run: str) -> None:
    at = fleet.step(run, "batch")
    wait_for(lambda: row_of(reader, run).step == at + 1)
    time.sleep(0.2)
    assert row_of(reader, run).step == at + 1
    assert row_of(reader, run).state == "paused"


def test_an_edit_is_logged_before_it_acts(fleet: Fleet, reader: Reader, run: str) -> None:
    for value in (0.01, 0.02, 0.03, 0.04, 0.05):
        at = fleet.edit(run, Edit(path="optimizer.lr", value=value))
        line = reader.read_log(run)[-1]
        assert (line.kind, line.step, line.detail) == ("edit", at, {"path": "optimizer.lr", "value": value})
        fresh = wait_for(partial(frames_since, reader, run, at))
        assert {float(frame.readings["lr"][0]) for frame in fresh} == {float(np.float32(value))}
    assert '"lr":0.05' in row_of(reader, run).edited
    assert '"lr":0.05' not in row_of(reader, run).experiment


def test_what_cannot_be_edited_is_refused_and_not_logged(fleet: Fleet, reader: Reader, run: str) -> None:
    for path, value in (("optimizer.lr", -1.0), ("network.0.width", 5), ("nonsense", 1)):
        with pytest.raises(PlaygroundError, match="expected"):
            fleet.edit(run, Edit(path=path, value=value))
    assert reader.read_log(run) == []
    at = row_of(reader, run).step
    wait_for(lambda: row_of(reader, run).step > at)  # and it goes on


def test_stop_keeps_the_last_weights(fleet: Fleet, reader: Reader, run: str) -> None:
    at = fleet.stop(run)
    row = row_of(reader, run)
    assert (row.state, row.step) == ("stopped", at)
    assert checkpoint_of(reader, run).step == at
    wait_for(lambda: run not in fleet.status()["runs"])
    assert fleet.stop(run) == at, "what has ended has stopped"
    assert [line.kind for line in reader.read_log(run)] == ["stop"]
    for command in (fleet.pause, fleet.resume):
        with pytest.raises(PlaygroundError, match="stopped"):
            command(run)


def test_reset_begins_again_with_the_edits(fleet: Fleet, reader: Reader, run: str) -> None:
    fleet.edit(run, Edit(path="optimizer.lr", value=0.02))
    new = fleet.reset(run)
    wait_for(lambda: row_of(reader, new).step > 0)
    old, fresh = row_of(reader, run), row_of(reader, new)
    assert old.state == "stopped"
    assert reader.read_log(run)[-1].detail == {"successor": new}
    assert reader.read_log(new)[0].kind == "reset"
    assert reader.read_log(new)[0].detail == {"predecessor": run}
    assert (fresh.parent, fresh.parent_step) == (run, 0)
    assert fresh.experiment == old.edited != old.experiment
    assert (
        reader.read_losses(new)[0].tolist() == reader.read_losses(run)[0].tolist()
    )  # same first weights, same first batch
    again = fleet.reset(new)
    fleet.stop(again)
    assert fleet.reset(again)  # one that has ended can be reset as well


def test_delete_leaves_nothing(fleet: Fleet, reader: Reader) -> None:
    name = fleet.start(small())
    wait_for(lambda: reader.list_checkpoints(name))
    pid = fleet.status()["runs"][name]["pid"]
    fleet.delete(name)
    assert reader.read_run(name) is None
    assert not (fleet.layout.checkpoints / name).exists()
    assert not os.path.exists(f"/proc/{pid}/fd/0")
    assert name not in fleet.status()["runs"]
    with pytest.raises(PlaygroundError, match="There is no run"):
        fleet.pause(name)


def test_the_summary_is_the_last_epoch(fleet: Fleet, reader: Reader, run: str) -> None:
    wait_for(lambda: row_of(reader, run).summary.get("steps_per_second"))
    fleet.pause(run)
    summary, last = row_of(reader, run).summary, reader.read_epochs(run)[-1]
    found = [summary[key] for key in ("train_loss", "train_metric", "validation_loss", "validation_metric")]
    assert found == last[2:6].tolist()
    assert 0 < summary["seconds"] < 30


def test_a_storm_of_commands(fleet: Fleet, reader: Reader, run: str) -> None:
    """Many threads at once: each command acts once, in the order of the log, at steps that never go back."""
    from concurrent.futures import ThreadPoolExecutor

    def command(number: int) -> int:
        if number % 3 == 0:
            return fleet.edit(run, Edit(path="batch_size", value=number % 20 + 1))
        return (fleet.pause if number % 3 == 1 else fleet.resume)(run)

    with ThreadPoolExecutor(8) as pool:
        steps = list(pool.map(command, range(60)))
    log = reader.read_log(run)
    assert [line.step for line in log] == sorted(line.step for line in log)
    assert sum(line.kind == "edit" for line in log) == 20
    states = [line.kind for line in log if line.kind != "edit"]
    assert all(a != b for a, b in itertools.pairwise(states))  # no pause of what is paused
    assert {line.step for line in log} <= set(steps)
