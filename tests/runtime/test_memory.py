"""No run takes more memory than a run may, wherever it comes from, and checkpoints leave room on the disk."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from engine import wire
from engine.errors import PlaygroundError
from engine.experiment.experiment import Experiment
from engine.jobs import checkpoint
from engine.message import Message
from engine.preview import memory_estimate
from engine.run_state import RunState
from engine.runtime.client import Fleet
from engine.runtime.memory_budget import MemoryBudget
from engine.store import checkpoints, writer
from engine.store.layout import StoreLayout
from engine.store.reader import Reader
from engine.store.records import CheckpointRow, NewRun, RunUpdate
from engine.training.trainer import Trainer
from tests.runtime.conftest import small, wait_for

ROOT = Path(__file__).resolve().parents[2]
MIB = 2**20
HUGE = {"network": [{"kind": "dense", "width": 4096}] * 64, "batch_size": 8192, "device": "cpu"}
WIDE = {"network": [{"kind": "dense", "width": 2048}] * 2, "batch_size": 1, "device": "cpu"}


def test_a_worker_that_needs_more_than_its_limit_says_out_of_memory(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "tests/runtime/short_of_memory.py"), str(tmp_path)]
    wide = Experiment.from_dict({**WIDE, "network": [{"kind": "dense", "width": 4096}] * 2}).to_json()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run([*command, wide], capture_output=True, text=True, check=True, env=environment)
    told = json.loads(done.stdout)
    assert told["needs"][0] > 400 * MIB
    assert told["end"]["changes"]["state"] == "out_of_memory"
    assert str(Message.load(told["end"]["changes"]["message"])).startswith("The run is out of memory: ")
    assert RunState("out_of_memory").is_final


def ended(reader: Reader, run: str) -> Any:
    def over() -> Any:
        row = reader.read_run(run)
        return row if row is not None and row.state.is_final else None

    return wait_for(over, 120)


def test_what_is_too_large_is_refused_however_it_comes_in(fleet: Fleet, reader: Reader) -> None:
    run = fleet.start(Experiment.from_dict(HUGE))
    row = ended(reader, run)
    assert (row.state, row.step) == ("failed", 0)
    assert str(row.message).startswith("$.network: expected a network that trains in 2 GiB, received ")
    again = ended(reader, fleet.reset(run))
    assert (again.state, again.message) == ("failed", row.message)
    paused = stored(fleet, HUGE)
    with pytest.raises(PlaygroundError, match="ended before"):
        fleet.resume(paused)
    assert str(ended(reader, paused).message) == str(row.message)
    fine = fleet.start(small())
    fleet.stop(fine)


def stored(fleet: Fleet, document: dict[str, Any]) -> str:
    """A paused run that came from outside, as an import leaves one."""
    run, start = "c0ffee0123456789", Experiment.from_dict(document)
    header = {"experiment": start.to_json(), "edited": start.to_json(), "digest": start.digest, "state": "paused",
              "message": "", "channels": "[]", "summary": "{}", "step": 0, "epoch": 0, "log": [], "frames": [],
              "checkpoints": [], "name": "", "width": 6}  # fmt: skip
    (fleet.layout.home / "arrivals").mkdir(exist_ok=True)
    (fleet.layout.home / "arrivals" / run).write_bytes(wire.pack(header, [b"", b"", b""]))
    fleet._ask({"do": "take_in", "run": run})
    return run


def test_runs_wait_for_memory_in_turn_and_one_alone_never_does() -> None:
    budget = MemoryBudget(total=1000 * MIB)
    for run in "abc":
        budget.begin(run)
    assert budget.ask("a", 2000 * MIB) is False, "b and c are there with what is usual"
    budget.leave("b")
    assert budget.next() is None
    budget.leave("c")
    assert budget.next() == "a", "nobody else is there"
    for run in "de":
        budget.begin(run)
        assert budget.ask(run, 100 * MIB) is False
    budget.leave("a")
    assert (budget.next(), budget.next(), budget.next()) == ("d", "e", None)
    many = MemoryBudget(total=4000 * MIB)
    for number in range(40):
        many.begin(str(number))
    assert many.ask("0", 500 * MIB), "forty small ones are in nobody's way"


def test_a_large_checkpoint_is_never_copied_and_comes_back_the_same(tmp_path: Path) -> None:
    trainer = Trainer(Experiment.from_dict({**WIDE, "network": [{"kind": "dense", "width": 1500}] * 2}))
    trainer.advance(deadline=0.0, until_step=1)
    taken = checkpoint.take_snapshot(trainer, 0, 1.0, None)
    assert checkpoint.count_tensor_bytes(taken.state) > memory_estimate.COPIED_STATE_BYTES
    assert taken.data is None
    path = tmp_path / "one.pt"
    digest = checkpoints.stream(path, lambda file: torch.save(taken.state, file))
    checkpoints.verify(path, digest)
    back = checkpoint.load(path).trainer
    for trained in (trainer, back):
        trained.advance(deadline=0.0, until_step=2)
    for one, other in zip(trainer.network.parameters(), back.network.parameters(), strict=True):
        assert torch.equal(one, other)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(checkpoints.CorruptCheckpoint):
        checkpoints.verify(path, digest)


def test_checkpoints_are_apart_by_size_and_by_the_time_they_take() -> None:
    assert checkpoint.compute_spacing(5.0, MIB, 0.01) == 5.0
    assert checkpoint.compute_spacing(5.0, 1600 * MIB, 1.0) == 100.0
    assert checkpoint.compute_spacing(5.0, MIB, 3.0) == pytest.approx(30.0)


def test_a_run_keeps_so_many_bytes_of_checkpoints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "BUDGET", 2500)
    layout = StoreLayout.of(tmp_path)
    layout.prepare()
    store = writer.Writer(layout)
    store.commit([RunUpdate("r", create=NewRun("{}", "d"))])
    for step in range(5):
        path = f"checkpoints/r/{step}.pt"
        digest = checkpoints.write(layout.home / path, bytes(1000 if step < 4 else 9000))
        store.commit([RunUpdate("r", checkpoint=CheckpointRow(step, path, digest, 0, good=step != 4))])
        kept = sorted(int(file.stem) for file in (layout.home / "checkpoints/r").iterdir())
        assert kept == [[0], [0, 1], [1, 2], [2, 3], [3, 4]][step], "the newest, and the last good one"
    store.close()
