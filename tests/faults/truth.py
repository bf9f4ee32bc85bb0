"""What an undisturbed run gives, and the comparison with what the store holds: bit for bit."""

from __future__ import annotations

import io
import itertools
import sqlite3
import time
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import torch

from engine.experiment.edits import Edit
from engine.experiment.experiment import Experiment
from engine.frame import Frame
from engine.runtime.client import Fleet
from engine.store.layout import StoreLayout
from engine.store.reader import Reader
from engine.training.clock import FrameClock
from engine.training.progress import CLOCKED
from engine.training.trainer import Trainer
from tests.rows import checkpoint_of, row_of

ENDLESS = 10_000_000
NETWORK = [
    {"kind": "dense", "width": 8, "activation": {"kind": "tanh"}},
    {"kind": "dropout", "rate": 0.1},
    {"kind": "dense", "width": 8, "activation": {"kind": "tanh"}},
]


def experiment(steps: int = ENDLESS, seed: int = 1) -> Experiment:
    """A small net with dropout and Adam that trains for some seconds."""
    data = {"kind": "circle", "samples": 200, "noise": 0.1}
    probes = [{"kind": kind} for kind in ("activation_histogram", "update_ratio", "output")]
    fields = {"data": data, "network": NETWORK, "probes": probes, "steps": steps, "seed": seed}
    return Experiment.from_dict({**fields, "device": "cpu"})


class At(FrameClock):
    """A clock that takes frames at chosen steps."""

    def __init__(self, steps: Collection[int]) -> None:
        super().__init__()
        self.steps = frozenset(steps)
        self.now = 0

    def due(self) -> bool:
        self.now += 1
        return self.now in self.steps


def finish(fleet: Fleet, run: str, further: int = 300) -> list[tuple[int, str]]:
    """Let the run get somewhat further, stop it, compare it. Returns its log."""
    reader = Reader(fleet.layout.home)
    at = row_of(reader, run).step
    wait_for(lambda: row_of(reader, run).step >= at + further)
    fleet.stop(run)
    reader.close()
    return assert_undisturbed(fleet.layout.home, run, "stopped")


def wait_for(condition: Any, seconds: float = 60.0) -> Any:
    """Wait until something holds; fail when it does not."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)
    return found


def assert_undisturbed(home: Path, run: str, state: str = "finished") -> list[tuple[int, str]]:
    """The stored run is what an undisturbed one gives: losses, epochs, frames, weights. Returns its log."""
    reader = Reader(home)
    try:
        row = row_of(reader, run)
        assert row is not None
        assert row.state == state, row.message
        log = reader.read_log(run)
        stored = {frame.step: frame for frame in map(Frame.decode, reader.read_frames(run))}
        told = reader.read_losses(run, points=None)
        ends = reader.read_epochs(run, points=None)
        saved = checkpoint_of(reader, run)
    finally:
        reader.close()
    edits = [
        (line.step, Edit(path=line.detail["path"], value=line.detail["value"])) for line in log if line.kind == "edit"
    ]
    assert [step for step, _ in edits] == sorted(step for step, _ in edits)
    trainer, losses, epochs, frames = undisturbed(Experiment.from_json(row.experiment), edits, row.step, stored)
    np.testing.assert_array_equal(told[:, 0], np.arange(1, row.step + 1))  # no gap, no duplicate
    np.testing.assert_array_equal(told[:, 1].astype("<f4").view("u4"), losses.view("u4"))
    np.testing.assert_array_equal(ends.view("u8"), np.array(epochs, "<f8").view("u8"))
    assert_frames(stored, frames)
    assert saved is not None
    assert saved.step == row.step
    kept = torch.load(io.BytesIO(saved.path.read_bytes()), weights_only=True)["trainer"]
    assert_tensors(Trainer.restore(kept).model_tensors(), trainer.model_tensors())
    assert_whole(home)
    return [(line.step, line.kind) for line in log]


def undisturbed(
    value: Experiment, edits: list[tuple[int, Edit]], steps: int, frames_at: Collection[int]
) -> tuple[Trainer, np.ndarray, list[Any], dict[int, Frame]]:
    """Train in this process, with the same edits at the same steps."""
    trainer = Trainer(value, At(frames_at))
    losses: list[float] = []
    epochs: list[Any] = []
    frames: dict[int, Frame] = {}
    for until, edit in [*edits, (steps, None)]:
        while trainer.step < until and trainer.status == "running":
            progress = trainer.advance(deadline=float("inf"), until_step=until)
            losses += list(progress.losses)
            epochs += [(*row, *more) for row, more in zip(progress.epochs, progress.classes, strict=True)]
            frames |= {frame.step: frame for frame in progress.frames}
        if edit is not None:
            trainer.edit(edit)
    return trainer, np.array(losses, "<f4"), epochs, frames


def assert_frames(stored: dict[int, Frame], frames: dict[int, Frame]) -> None:
    assert len(stored) >= 3
    assert stored.keys() == frames.keys()
    for step, frame in stored.items():
        twin = frames[step]
        assert frame.epoch == twin.epoch
        assert frame.readings.keys() == twin.readings.keys()
        for key in frame.readings.keys() - set(CLOCKED):
            assert frame.readings[key].tobytes() == np.ascontiguousarray(twin.readings[key]).tobytes(), (step, key)


def assert_tensors(left: dict[str, torch.Tensor], right: dict[str, torch.Tensor]) -> None:
    assert left.keys() == right.keys()
    for key, tensor in left.items():
        assert torch.equal(tensor, right[key]), key


def assert_whole(home: Path) -> None:
    """The database is sound, its pieces join without overlap, nothing half-written lies about."""
    layout = StoreLayout.of(home)
    with sqlite3.connect(f"file:{layout.database}?mode=ro", uri=True) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        for table, lo, hi, width in (("losses", "step_lo", "step_hi", 4), ("epochs", "epoch_lo", "epoch_hi", 48)):
            rows = connection.execute(
                f"SELECT run, {lo}, {hi}, length(payload) FROM {table} ORDER BY run, {lo}"
            ).fetchall()
            for run, first, last, length in rows:
                count, each = last - first + 1, length // (last - first + 1)
                whole = each == width or (table == "epochs" and each > width and each % 8 == 0)  # classes, ends
                assert whole, (table, run, first)
                assert length == each * count, (table, run, first)
            for before, after in itertools.pairwise(rows):
                assert before[0] != after[0] or after[1] == before[2] + 1, (table, before, after)
    connection.close()
    assert not list(layout.home.rglob("*.tmp"))
