"""Speeds and times are of training alone: what lies between two calls of the trainer has none."""

from __future__ import annotations

import math
import socket
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from torch import Tensor

from engine.frame import Frame
from engine.jobs.run_job import RunJob
from engine.runtime.worker import Worker
from engine.training.clock import CostMeter
from engine.training.trainer import Trainer
from tests.engine.documents import experiment
from tests.science.measured import Always

PAUSE = 0.5
SLACK = 0.1  # what the call before did after its last frame counts as training too


def trained(trainer: Trainer, steps: int) -> tuple[list[Frame], float]:
    """The frames of so many steps, and the seconds that they took, seen from outside."""
    began = time.perf_counter()
    frames = trainer.advance(deadline=math.inf, until_step=trainer.step + steps).frames
    return frames, time.perf_counter() - began


def expect_honest(frame: Frame, then: float, outside: float) -> None:
    """One step since the frame before, which was taken after `then` seconds of training."""
    took = frame.seconds - then
    assert 0 < took <= outside + SLACK
    examples, steps = frame.readings["speed"].tolist()
    assert steps == pytest.approx(1 / took, rel=1e-4)
    assert examples == pytest.approx(9 / took, rel=1e-4)
    assert steps >= 1 / (outside + SLACK) > 1 / PAUSE


def test_the_first_frame_after_a_pause_has_the_speed_of_its_steps() -> None:
    trainer = Trainer(experiment(steps=None, epochs=500), Always())
    time.sleep(PAUSE)  # a run that is made and waits
    frames, outside = trained(trainer, 1)
    expect_honest(frames[0], 0.0, outside)
    before = trained(trainer, 4)[0][-1]
    time.sleep(PAUSE)
    frames, outside = trained(trainer, 1)
    expect_honest(frames[0], before.seconds, outside)
    (after,) = trained(trainer, 1)[0]
    assert after.readings["cost"][0] > 0.05, "a frame takes as long as some steps; the pause is no time between two"


def test_the_first_frame_of_a_restored_run_has_the_speed_of_its_steps() -> None:
    first = Trainer(experiment(steps=None, epochs=500), Always())
    trained(first, 5)
    state = first.state()
    restored = Trainer.restore(state, Always())
    time.sleep(PAUSE)
    frames, outside = trained(restored, 1)
    expect_honest(frames[0], state["seconds"], outside)


def test_every_frame_of_one_call_has_its_own_time() -> None:
    frames, _ = trained(Trainer(experiment(steps=None, epochs=500), Always()), 9)
    seconds = [frame.seconds for frame in frames]
    assert sorted(set(seconds)) == seconds


def test_what_is_measured_within_a_step_is_part_of_a_frames_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gradients before the update, the weights after it: three norms, of which each is made to take 20 ms."""
    heard: list[float] = []

    class Heard(Always):
        def record_cost(self, cost: CostMeter, trained: float) -> None:
            heard.append(cost.wall)
            super().record_cost(cost, trained)

    trainer = Trainer(experiment(steps=1000), Heard())
    rows = trainer.capture.rows
    compute = rows.compute_norms

    def compute_slowly(tensors: Sequence[Tensor]) -> Tensor:
        time.sleep(0.02)
        return compute(tensors)

    monkeypatch.setattr(rows, "compute_norms", compute_slowly)
    trainer.advance(deadline=math.inf, until_step=3)
    assert len(heard) == 3
    assert min(heard) >= 0.06
    assert trainer.capture.cost.wall == trainer.capture.cost.cpu == 0, "the next frame's begins anew"


def test_a_workers_speed_leaves_its_pauses_out(tmp_path: Path) -> None:
    ours, theirs = socket.socketpair()
    worker = Worker(ours, RunJob("r", 1, str(tmp_path), experiment(steps=None, epochs=50_000).to_json()))
    outside, speeds = 0.0, []
    for _ in range(3):
        time.sleep(2 * PAUSE)
        began = time.perf_counter()
        worker._advance(0.4)
        outside += time.perf_counter() - began
        speeds.append(worker.speed)
    found = [speed for speed in speeds if speed is not None]
    assert found
    assert found[0] >= worker.trainer.step / outside * 0.6, "the pauses are longer than the training"
    for end in (ours, theirs):
        end.close()
