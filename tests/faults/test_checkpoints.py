"""Checkpoints damaged and lost, and a worker that comes back after it was replaced."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import numpy as np

from engine.experiment.edits import Edit
from engine.message import Message
from engine.runtime.client import Fleet
from engine.store.layout import StoreLayout
from engine.store.reader import Reader
from engine.store.records import FrameRow, LogRow, NewRun, RunUpdate
from engine.store.writer import Writer
from tests.faults.conftest import kill_supervisor
from tests.faults.test_worker import kill
from tests.faults.truth import experiment, finish, wait_for
from tests.rows import row_of


def stopped_in_mid_run(fleet: Fleet) -> tuple[str, Reader]:
    """A run with an edit and some checkpoints behind it, whose supervisor is dead."""
    run = fleet.start(experiment())
    reader = Reader(fleet.layout.home)
    wait_for(lambda: row_of(reader, run).step > 200)
    fleet.edit(run, Edit(path="optimizer.lr", value=0.02))
    wait_for(lambda: len(reader.list_checkpoints(run)) == 3)
    kill_supervisor(fleet)
    return run, reader


def test_the_newest_is_truncated(fleet: Fleet) -> None:
    run, reader = stopped_in_mid_run(fleet)
    newest, older, _ = reader.list_checkpoints(run)
    newest.path.write_bytes(newest.path.read_bytes()[:-100])
    fleet.ensure()
    finish(fleet, run)
    log = reader.read_log(run)
    told = [line.detail for line in log if line.kind == "fallback"]
    assert len(told) == 1
    assert told[0]["to_step"] == older.step
    assert f"step {newest.step} could not be used: its file is damaged" in str(Message.of(told[0]["sentence"]))
    assert newest.path not in [found.path for found in reader.list_checkpoints(run)]
    reader.close()


def test_all_are_gone(fleet: Fleet) -> None:
    run, reader = stopped_in_mid_run(fleet)
    for found in reader.list_checkpoints(run):
        found.path.unlink()
    fleet.ensure()
    finish(fleet, run)
    told = [line.detail for line in reader.read_log(run) if line.kind == "fallback"]
    assert len(told) == 1
    assert told[0]["to_step"] == 0
    assert "its file is gone" in str(Message.of(told[0]["sentence"]))
    reader.close()


def test_what_a_crash_left_is_swept(fleet: Fleet) -> None:
    run, reader = stopped_in_mid_run(fleet)
    folder = fleet.layout.checkpoints / run
    (folder / "999-1-9.pt.tmp").write_bytes(b"half")
    (folder / "999-1-9.pt").write_bytes(b"whole, but not recorded")
    fleet.ensure()
    finish(fleet, run)
    assert {path.name for path in folder.iterdir()} == {found.path.name for found in reader.list_checkpoints(run)}
    reader.close()


def test_a_stopped_worker_that_comes_back_is_fenced(fleet: Fleet) -> None:
    """SIGSTOP, another takes over, SIGCONT: nothing of the old one reaches the store."""
    run = fleet.start(experiment())
    reader = Reader(fleet.layout.home)
    wait_for(lambda: row_of(reader, run).step > 100)
    old = fleet.status()["runs"][run]["pid"]
    os.kill(old, signal.SIGSTOP)
    kill_supervisor(fleet)  # the only way in which another may take over
    fleet.ensure()
    wait_for(lambda: row_of(reader, run).attempt == 2)
    os.kill(old, signal.SIGCONT)
    reader.close()
    finish(fleet, run)


def test_telemetry_of_a_replaced_worker_is_refused(tmp_path: Path) -> None:
    layout = StoreLayout.of(tmp_path)
    layout.prepare()
    writer = Writer(layout)
    new = RunUpdate("r", create=NewRun("{}", "d"), changes={"attempt": 1})
    old = RunUpdate("r", 1, first_step=1, losses=np.array([1, 2], np.float32), frames=(FrameRow(1, 0.0, b"x"),))
    late = RunUpdate(
        "r",
        1,
        first_step=3,
        losses=np.array([9, 9], np.float32),
        log=(LogRow(4, "edit", {}),),
        changes={"message": "late"},
    )
    mine = RunUpdate("r", 2, first_step=3, losses=np.array([3], np.float32))
    assert writer.commit([new, old]) == ["stored", "stored"]
    assert writer.commit([RunUpdate("r", changes={"attempt": 2}), late, mine]) == ["stored", "fenced", "stored"]
    reader = Reader(tmp_path)
    assert reader.read_losses("r")[:, 1].tolist() == [1, 2, 3]
    assert reader.read_log("r") == []
    assert str(row_of(reader, "r").message) == ""
    reader.close()
    writer.close()


def test_killing_is_what_it_seems(fleet: Fleet) -> None:
    """The other tests prove something only if `kill` kills."""
    run = fleet.start(experiment())
    wait_for(lambda: fleet.status()["runs"][run]["pid"])
    before = fleet.status()["runs"][run]["pid"]
    kill(fleet, run)
    wait_for(lambda: fleet.status()["runs"][run]["pid"] not in (None, before))
    fleet.stop(run)
