"""Workers killed with SIGKILL."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time

import pytest

from engine.errors import PlaygroundError
from engine.experiment.edits import Edit
from engine.runtime.client import Fleet
from engine.store.reader import Reader
from tests.faults.truth import experiment, finish, wait_for
from tests.rows import row_of

EDITS = (
    Edit(path="optimizer.lr", value=0.01),
    Edit(path="regularizers.l2", value=0.001),
    Edit(path="batch_size", value=16),
    Edit(path="network.1.rate", value=0.3),
    Edit(path="optimizer.lr", value=0.001),
)


def kill(fleet: Fleet, run: str) -> None:
    """End the run's process, whatever it is doing."""
    own = wait_for(lambda: fleet.status()["runs"].get(run, {}))
    if own["pid"] is not None:
        with contextlib.suppress(ProcessLookupError):  # killed before, and not yet missed by the supervisor
            os.kill(own["pid"], signal.SIGKILL)


@pytest.mark.parametrize("seed", [1, 2])
def test_killed_at_random_moments_with_edits_under_way(fleet: Fleet, seed: int) -> None:
    chance = random.Random(seed)
    run = fleet.start(experiment(seed=seed))
    for edit in (*EDITS, *EDITS[:2]):
        time.sleep(chance.uniform(0.0, 0.3))
        kill(fleet, run)
        time.sleep(chance.uniform(0.0, 0.1))
        fleet.edit(run, edit)
        if chance.random() < 0.5:
            kill(fleet, run)  # right after the edit was promised
    log = finish(fleet, run)
    kinds = [kind for _, kind in log]
    assert kinds.count("edit") == 7
    assert kinds.count("restarted") >= 5


def test_killed_while_paused_and_while_stepping(fleet: Fleet) -> None:
    run = fleet.start(experiment())
    reader = Reader(fleet.layout.home)
    wait_for(lambda: row_of(reader, run).step > 300)
    paused = fleet.pause(run)
    kill(fleet, run)
    assert fleet.step(run, "batch") == paused
    wait_for(lambda: row_of(reader, run).step == paused + 1)
    kill(fleet, run)
    assert fleet.edit(run, EDITS[0]) == paused + 1
    epoch = row_of(reader, run).epoch
    fleet.step(run, "epoch")
    kill(fleet, run)  # the rest of the epoch was promised
    wait_for(lambda: row_of(reader, run).epoch == epoch + 1)
    time.sleep(0.2)
    row = row_of(reader, run)
    assert row.state == "paused"
    assert row.epoch == epoch + 1
    fleet.resume(run)
    reader.close()
    finish(fleet, run)


def test_given_up_when_it_gets_no_further(fleet: Fleet) -> None:
    run = fleet.start(experiment())
    fleet.pause(run)
    reader = Reader(fleet.layout.home)
    killed = set()

    def failed() -> bool:
        pid = fleet.status()["runs"].get(run, {}).get("pid")
        if pid is not None and pid not in killed:
            killed.add(pid)
            os.kill(pid, signal.SIGKILL)
        return row_of(reader, run).state == "failed"

    wait_for(failed)
    assert len(killed) == 6
    row = row_of(reader, run)
    assert row.state == "failed"
    assert "5 times" in str(row.message)
    with pytest.raises(PlaygroundError, match="failed"):
        fleet.resume(run)
    reader.close()


def test_the_fork_server_killed(fleet: Fleet) -> None:
    run = fleet.start(experiment())
    reader = Reader(fleet.layout.home)
    wait_for(lambda: row_of(reader, run).step > 300)
    os.kill(fleet.status()["forkserver"], signal.SIGKILL)
    kill(fleet, run)
    reader.close()
    finish(fleet, run)
