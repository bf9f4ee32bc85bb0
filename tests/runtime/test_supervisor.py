"""The supervisor: warm, single-threaded where it forks, frugal, and plain in what it says."""

from __future__ import annotations

import json
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.runtime import lock
from engine.runtime.client import Fleet
from engine.store.reader import Reader
from tests.rows import row_of
from tests.runtime.conftest import small, wait_for


def test_it_answers_while_it_warms_up(tmp_path: Path) -> None:
    own = Fleet(tmp_path / "store", ("--idle-seconds", "1"))
    own.ensure()
    assert own.status()["warm"] is False
    wait_for(lambda: own.status()["warm"])
    own.close()
    wait_for(lambda: not lock.answers(own.layout.socket))  # and it leaves by itself when nobody is there


def test_it_stays_while_somebody_is_there_or_trains(tmp_path: Path) -> None:
    own = Fleet(tmp_path / "store", ("--idle-seconds", "1"))
    run = own.start(small())
    pid = own.status()["pid"]
    own.close()
    time.sleep(2.5)
    assert own.status()["pid"] == pid
    own.stop(run)
    time.sleep(2.0)
    assert own.status()["pid"] == pid  # the line is open
    own.close()
    wait_for(lambda: not lock.answers(own.layout.socket))


def test_the_fork_server_is_single_threaded_and_has_not_touched_cuda(fleet: Fleet) -> None:
    wait_for(lambda: fleet.status()["warm"])
    fleet.stop(fleet.start(small()))
    pid = fleet.status()["forkserver"]
    status = dict(
        line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line
    )
    assert status["Threads"] == "1"
    maps = Path(f"/proc/{pid}/maps").read_text()
    assert "libtorch" in maps  # it is the warm one
    assert "libcuda.so" not in maps


def test_warming_up_does_not_initialize_cuda_nor_start_threads() -> None:
    code = """
import threading, engine.runtime.process_factory as n; n.set_environment()
import engine.runtime.preload, torch, os
print(torch.cuda.is_initialized(), len(os.listdir("/proc/self/task")), torch.get_num_threads())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "1", "1"]


def test_a_worker_imports_nothing_new(fleet: Fleet, reader: Reader) -> None:
    """Every module that a worker of the default experiment needs is in the fork server already."""
    code = """
import engine.runtime.process_factory as n; n.set_environment()
import engine.runtime.preload, sys, time
before = set(sys.modules)
from engine.experiment.experiment import Experiment
from engine.training.trainer import Trainer
for kind in ("sgd", "adam", "adamw", "rmsprop", "adagrad"):
    trainer = Trainer(Experiment.from_dict({"optimizer": {"kind": kind}}))
    trainer.advance(deadline=0.0)
print(sorted(name for name in set(sys.modules) - before if not name.startswith("engine.")))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout.replace("'", '"')) == []


def test_the_supervisor_has_no_torch(fleet: Fleet) -> None:
    maps = Path(f"/proc/{fleet.status()['pid']}/maps").read_text()
    assert "libtorch" not in maps


def test_the_socket_is_for_its_owner_only(fleet: Fleet) -> None:
    path = fleet.layout.socket
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert len(str(path)) < 100


def test_nonsense_gets_an_answer_and_does_no_harm(fleet: Fleet) -> None:
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(str(fleet.layout.socket))
        lines = line.makefile("rb")
        for said in (b"not json\n", b"[]\n", b'{"id": 1, "do": "nonsense"}\n', b'{"id": 2, "do": "command"}\n'):
            line.sendall(said)
            assert "could not do that" in json.loads(lines.readline())["error"]["text"]
        lines.close()
    assert fleet.status()["pid"]


@pytest.mark.parametrize(
    ("fields", "state", "said"),
    [
        ({"network": [{"kind": "conv2d"}]}, "failed", "conv2d"),
        ({"optimizer": {"kind": "sgd", "lr": 10.0, "momentum": 0.99}, "loss": {"kind": "mse"}}, "diverged", "layer"),
    ],
)
def test_how_a_run_ends_badly(fleet: Fleet, reader: Reader, fields: dict[str, object], state: str, said: str) -> None:
    run = fleet.start(small(3_000, **fields))
    row = wait_for(lambda: (row := row_of(reader, run)).state not in ("running", "queued") and row)
    assert row.state == state, row
    assert said in str(row.message)
    assert "Traceback" not in str(row.message)
    assert len(str(row.message).splitlines()) == 1
    assert reader.read_log(run)[-1].kind == state
    if state == "diverged":
        assert reader.find_checkpoint(run, good=True) is not None
        assert len(reader.read_losses(run, None)) == row.step


def test_more_runs_than_places_wait(other: Callable[..., Fleet]) -> None:
    own = other("--at-once", "2", "--idle-seconds", "30")
    runs = [own.start(small(seed=seed)) for seed in range(4)]
    reader = Reader(own.layout.home)
    wait_for(lambda: all(row_of(reader, run).step > 10 for run in runs[:2]))
    assert [row_of(reader, run).state for run in runs] == ["running", "running", "queued", "queued"]
    assert "free place" in str(row_of(reader, runs[2]).message)
    own.stop(runs[3])  # gives up waiting
    own.stop(runs[0])
    wait_for(lambda: row_of(reader, runs[2]).step > 10)
    assert [row_of(reader, run).state for run in runs] == ["stopped", "running", "running", "stopped"]
    assert str(row_of(reader, runs[2]).message) == ""
    reader.close()


def test_a_paused_run_gives_its_process_back(other: Callable[..., Fleet]) -> None:
    own = other("--idle-seconds", "1")
    run = own.start(small())
    at = own.pause(run)
    wait_for(lambda: run not in own.status()["runs"])
    assert own.step(run, "batch") == at  # and gets another
    reader = Reader(own.layout.home)
    wait_for(lambda: row_of(reader, run).step == at + 1)
    reader.close()


def test_newer_code_takes_over(other: Callable[..., Fleet], monkeypatch: pytest.MonkeyPatch) -> None:
    from engine.runtime import client
    from engine.runtime.code_version import CodeVersion

    first = other("--idle-seconds", "30")
    run = first.start(small())
    before = first.status()["pid"]
    monkeypatch.setattr(client, "read_code_version", lambda: CodeVersion("older", 1))
    second = Fleet(first.layout.home)
    assert second.status()["pid"] == before
    second.close()
    calls = iter([CodeVersion("newer", 2**62)])
    monkeypatch.setattr(client, "read_code_version", lambda: next(calls))
    third = Fleet(first.layout.home, first.options)
    third.ensure()
    monkeypatch.undo()
    assert third.status()["pid"] != before
    reader = Reader(first.layout.home)
    at = row_of(reader, run).step
    wait_for(lambda: row_of(reader, run).step > at)
    assert row_of(reader, run).state == "running"
    reader.close()
    third.close()
