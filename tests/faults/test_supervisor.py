"""The app and the supervisor killed; two supervisors at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

from engine.experiment.edits import Edit
from engine.runtime import lock
from engine.runtime.client import Fleet
from engine.store.reader import Reader
from tests.faults.conftest import OPTIONS, gone, kill_supervisor
from tests.faults.truth import assert_undisturbed, experiment, finish, wait_for
from tests.rows import row_of

APP = """
import sys, time
from pathlib import Path
from engine.experiment.experiment import Experiment
from engine.runtime.client import Fleet
fleet = Fleet(Path(sys.argv[1]), tuple(sys.argv[3:]))
for _ in range(2):
    print(fleet.start(Experiment.from_json(sys.argv[2])), flush=True)
time.sleep(600)
"""


def test_the_app_killed(fleet: Fleet) -> None:
    command = [sys.executable, "-c", APP, str(fleet.layout.home), experiment(3_000).to_json(), *OPTIONS]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as app:
        assert app.stdout is not None
        runs = [app.stdout.readline().strip() for _ in range(2)]
        reader = Reader(fleet.layout.home)
        wait_for(lambda: all(row_of(reader, run).step > 50 for run in runs))
        app.kill()
    before = [row_of(reader, run).step for run in runs]
    wait_for(lambda: all(row_of(reader, run).step > step for run, step in zip(runs, before, strict=True)))
    wait_for(lambda: all(row_of(reader, run).state != "running" for run in runs))
    reader.close()
    for run in runs:
        log = assert_undisturbed(fleet.layout.home, run)
        assert [kind for _, kind in log] == ["finished"]  # nothing happened to it
    fleet.ensure()  # for the end of the test


def test_the_supervisor_killed(fleet: Fleet) -> None:
    run, paused = fleet.start(experiment()), fleet.start(experiment(1_500, seed=2))
    reader = Reader(fleet.layout.home)
    wait_for(lambda: row_of(reader, paused).step > 100)
    rests = fleet.pause(paused)
    for value in (0.01, 0.002):
        at = row_of(reader, run).step
        wait_for(lambda at=at: row_of(reader, run).step > at + 300)
        fleet.edit(run, Edit(path="optimizer.lr", value=value))
        status = fleet.status()
        workers = [own["pid"] for own in status["runs"].values() if own["pid"]]
        assert workers
        os.kill(status["pid"], signal.SIGKILL)
        wait_for(lambda workers=workers: all(map(gone, workers)), 3.0)  # a second, where there is nothing else to do
        wait_for(lambda status=status: gone(status["forkserver"]) and not lock.answers(fleet.layout.socket), 10.0)
        frozen = row_of(reader, run).step
        time.sleep(0.3)
        assert row_of(reader, run).step == frozen
        fleet.ensure()
    assert fleet.status()["runs"].keys() == {run}  # what is paused needs no process
    assert row_of(reader, paused).state == "paused"
    assert fleet.edit(paused, Edit(path="batch_size", value=5)) == rests
    assert fleet.resume(paused) == rests
    log = finish(fleet, run)
    wait_for(lambda: row_of(reader, paused).state == "finished")
    reader.close()
    assert [kind for _, kind in log].count("restarted") == 2
    assert_undisturbed(fleet.layout.home, paused)


def test_what_a_client_hears_when_the_supervisor_dies(fleet: Fleet) -> None:
    """It had not begun: the next one does it, once."""
    run = fleet.start(experiment())
    status = fleet.status()
    os.kill(status["pid"], signal.SIGSTOP)
    heard: list[int] = []
    asking = threading.Thread(target=lambda: heard.append(fleet.step(run, "batch")))
    asking.start()
    wait_for(lambda: fleet._line is not None and fleet._line._waiting)  # it has asked
    os.kill(status["pid"], signal.SIGKILL)
    asking.join()
    reader = Reader(fleet.layout.home)
    wait_for(lambda: row_of(reader, run).step == heard[0] + 1)
    assert fleet.pause(run) == heard[0] + 1
    assert [line.kind for line in reader.read_log(run)].count("step") == 1
    reader.close()


def test_two_supervisors_at_once(fleet: Fleet) -> None:
    others = [Fleet(fleet.layout.home, OPTIONS) for _ in range(3)]
    threads = [threading.Thread(target=other.ensure) for other in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    run = fleet.start(experiment(2_000))
    assert len({own.status()["pid"] for own in [fleet, *others]}) == 1
    command = [sys.executable, "-m", "engine.runtime.supervisor", "--home", str(fleet.layout.home)]
    second = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert second.returncode == 0
    assert "another supervisor looks after" in second.stderr
    assert "Traceback" not in second.stderr
    reader = Reader(fleet.layout.home)
    wait_for(lambda: row_of(reader, run).state != "running")
    reader.close()
    for other in others:
        other.close()
    assert_undisturbed(fleet.layout.home, run)


def test_a_stale_socket_and_lock_are_in_nobodys_way(fleet: Fleet) -> None:
    fleet.ensure()
    kill_supervisor(fleet)
    assert fleet.layout.socket.exists()
    again = Fleet(fleet.layout.home, OPTIONS)
    again.ensure()
    assert again.status()["pid"]
    again.close()
