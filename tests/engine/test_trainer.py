"""Same experiment, same seed: the same run, whole or in pieces."""

from __future__ import annotations

import io
import math
import random
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import torch

from engine.errors import InvalidExperiment
from engine.experiment.edits import Edit
from engine.experiment.experiment import Experiment
from engine.training.clock import FrameClock
from engine.training.progress import CLOCKED, Progress
from engine.training.trainer import Trainer, train
from tests.engine.documents import experiment


class Every(FrameClock):
    """A frame at every step."""

    def due(self) -> bool:
        return True


EDITS = {
    7: Edit(path="optimizer.lr", value=0.05),
    13: Edit(path="network.3.rate", value=0.6),
    17: Edit(path="batch_size", value=5),
    23: Edit(path="regularizers.l2", value=0.2),
    31: Edit(path="optimizer.momentum", value=0.3),
    41: Edit(path="batch_size", value=14),
}
CASES: dict[str, dict[str, Any]] = {
    "adam": {},
    "momentum": {"optimizer": {"kind": "sgd", "lr": 0.05, "momentum": 0.9, "nesterov": True}},
    "adamw": {"optimizer": {"kind": "adamw"}, "schedule": {"kind": "step", "every": 1}},
    "rmsprop": {"optimizer": {"kind": "rmsprop", "momentum": 0.5}, "schedule": {"kind": "exponential"}},
    "regression": {
        "data": {"kind": "curve"},
        "loss": {"kind": "huber"},
        "preprocessing": [{"kind": "standardize_target"}],
    },
    "by_epochs": {"steps": None, "epochs": 4},
    "images": {
        "data": {"kind": "digits", "layout": "image"},
        "validation": 0.8,
        "network": [
            {"kind": "conv2d", "filters": 3, "activation": {"kind": "identity"}},
            {"kind": "batch_norm"},
            {"kind": "activation"},
            {"kind": "dropout"},
            {"kind": "flatten"},
        ],
    },
}


class Whole:
    """A run from its beginning to its end, taken apart as often as its caller wants."""

    def __init__(self, start: Experiment, edits: dict[int, Edit], cuts: tuple[int, ...] = ()) -> None:
        self.trainer = Trainer(start, Every())
        self.losses: list[float] = []
        self.epochs: list[Any] = []
        self.frames: dict[int, Any] = {}
        for stop in sorted({*edits, *cuts}):
            self.go(stop)
            if stop in cuts:
                self.trainer = revived(self.trainer)
            if stop in edits:
                self.trainer.edit(edits[stop])
        self.go(None)

    def go(self, stop: int | None) -> None:
        """On to a step."""
        if stop is not None and self.trainer.step >= stop:
            return
        progress = self.trainer.advance(deadline=math.inf, until_step=stop)
        assert progress.first_step == len(self.losses) + 1
        self.losses += progress.losses
        self.epochs += progress.epochs
        self.frames |= {frame.step: frame for frame in progress.frames}


def revived(trainer: Trainer) -> Trainer:
    """The trainer after its state went through a file."""
    file = io.BytesIO()
    torch.save(trainer.state(), file)
    file.seek(0)
    return Trainer.restore(torch.load(file, weights_only=True), Every())


def assert_same(one: Whole, other: Whole) -> None:
    """Bit for bit."""
    assert len(one.losses) > 15
    assert one.losses == other.losses
    assert one.epochs
    np.testing.assert_array_equal(np.array(one.epochs), np.array(other.epochs))
    assert (one.trainer.status, one.trainer.message) == (other.trainer.status, other.trainer.message)
    tensors, others = one.trainer.model_tensors(), other.trainer.model_tensors()
    assert tensors.keys() == others.keys()
    assert all(torch.equal(tensors[key], others[key]) for key in tensors)
    assert one.frames.keys() == other.frames.keys()
    for step, frame in one.frames.items():
        twin = other.frames[step]
        assert (frame.step, frame.epoch) == (twin.step, twin.epoch)
        assert frame.readings.keys() == twin.readings.keys()
        for key in frame.readings.keys() - set(CLOCKED):
            np.testing.assert_array_equal(frame.readings[key], twin.readings[key], err_msg=f"{step} {key}")


@pytest.mark.parametrize("name", CASES)
def test_same_seed_same_run(name: str) -> None:
    start = experiment(**CASES[name])
    one = Whole(start, {})
    torch.manual_seed(1234)  # nothing may hang on torch's own generator
    np.random.seed(5)
    assert_same(one, Whole(start, {}))
    other = Whole(experiment(**CASES[name], seed=1), {})
    assert one.losses != other.losses


@pytest.mark.parametrize("name", CASES)
def test_taken_apart_and_put_together_same_run(name: str) -> None:
    edits = {step: edit for step, edit in EDITS.items() if applies(experiment(**CASES[name]), edit)}
    whole = Whole(experiment(**CASES[name]), edits)
    last = len(whole.losses) - 1
    cuts = tuple(random.Random(name).sample(range(1, last), 4))
    assert_same(whole, Whole(experiment(**CASES[name]), edits, cuts))
    assert_same(whole, Whole(experiment(**CASES[name]), edits, tuple(range(1, last))))


def applies(start: Experiment, edit: Edit) -> bool:
    """Whether the experiment has what the edit changes."""
    try:
        Trainer(start).edit(edit)
    except InvalidExperiment:
        return False
    return True


def test_early_stopping_survives_being_taken_apart() -> None:
    more = {"regularizers": [{"kind": "early_stopping", "patience": 3}], "optimizer": {"kind": "adam", "lr": 0.1}}
    start = experiment(**more, steps=2000)
    whole = Whole(start, {})
    assert whole.trainer.status == "finished"
    assert str(whole.trainer.message).startswith("Stopped early")
    last = len(whole.losses)
    assert_same(whole, Whole(start, {}, (1, 5, last - 12, last - 11, last - 1)))


def test_divergence_survives_being_taken_apart() -> None:
    wild = {"optimizer": {"kind": "sgd", "lr": 90.0}, "schedule": {"kind": "warmup", "rise": 60}, "stratified": False}
    start = experiment(**wild, regularizers=[], steps=3000, network=[{"kind": "dense"}])
    whole = Whole(start, {})
    assert whole.trainer.status == "diverged"
    assert_same(whole, Whole(start, {}, (3, 11, len(whole.losses) - 1)))


def test_a_finished_run_stays_finished() -> None:
    trainer = revived(Whole(experiment(), {}).trainer)
    assert trainer.status == "finished"
    assert trainer.step == 60
    assert not trainer.advance(deadline=math.inf).losses


def test_edits_change_what_comes_after_and_nothing_before() -> None:
    plain, edited = Whole(experiment(), {}), Whole(experiment(), {30: EDITS[7]})
    assert plain.losses[:31] == edited.losses[:31], "step 31's loss is from before its update"
    assert plain.losses[31:] != edited.losses[31:]
    rates = [float(edited.frames[step].readings["lr"][0]) for step in (30, 31)]
    assert rates[1] > 4 * rates[0]


def test_edits_keep_the_optimizer_state() -> None:
    trainer = Trainer(experiment(), Every())
    trainer.advance(deadline=math.inf, until_step=20)
    optimizer = trainer.learners[0].eager.optimizer
    before = {k: {n: v.clone() for n, v in s.items()} for k, s in optimizer.state_dict()["state"].items()}
    for edit in EDITS.values():
        trainer.edit(edit)
    after = optimizer.state_dict()["state"]
    assert all(float(state["step"]) == 20 for state in after.values())
    assert all(torch.equal(before[k][n], after[k][n]) for k in before for n in before[k])
    assert len(before) == len(list(trainer.network.parameters()))
    assert trainer.network.stages[3].module.p == 0.6
    assert trainer.experiment.batch_size == 14
    assert trainer.experiment.optimizer.settings["betas"][0] == 0.3


def test_an_edit_that_is_refused_changes_nothing() -> None:
    trainer = Trainer(experiment())
    before = trainer.experiment
    for path, value in [("optimizer.lr", -1.0), ("network.0.width", 3), ("optimizer.eps", 1e-3), ("batch_size", 1)]:
        with pytest.raises(InvalidExperiment):
            trainer.edit(Edit(path=path, value=value))
    assert trainer.experiment is before


def test_targets_deadlines_and_frames() -> None:
    trainer = Trainer(experiment())
    first = trainer.advance(deadline=0.0)
    assert (first.first_step, len(first.losses), [f.step for f in first.frames]) == (1, 1, [1])
    trainer.timer.clock.next_due = math.inf  # never due again
    second: Progress = trainer.advance(deadline=math.inf, until_step=5)
    assert (second.first_step, len(second.losses), [f.step for f in second.frames]) == (2, 4, [2, 3, 4, 5])
    third = trainer.advance(deadline=math.inf, until_epoch=1, frame_at_end=True)
    assert [row.epoch for row in third.epochs] == [1]
    end, grid = trainer.step, (6, 7, 8, 10, 12, 15, 18, 22, 27, 33, 41, 51)
    assert [frame.step for frame in third.frames] == sorted({*(step for step in grid if step <= end), end})
    last = trainer.advance(deadline=math.inf)
    assert [frame.step for frame in last.frames] == [*(step for step in grid if step > end), 60]
    of_epochs = {"recall", "confusion"}
    assert {channel.key for channel in trainer.channels} - of_epochs <= last.frames[0].readings.keys()


def test_frames_are_taken_ten_times_a_second() -> None:
    steps = [frame.step for frame in train(experiment(steps=60), FrameClock(interval=1e9))]
    assert steps == [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 18, 22, 27, 33, 41, 51, 60], "the grid's, and the last"
    assert [frame.step for frame in train(experiment(steps=4), FrameClock(interval=0, adaptive=False))] == [1, 2, 3, 4]


def test_train_needs_no_store_no_fleet_no_page() -> None:
    code = """if True:
        import sys
        from engine.experiment.experiment import Experiment
        from engine.training.trainer import train
        frames = list(train(Experiment(steps=30)))
        assert [frames[0].step, frames[-1].step] == [1, 30], frames
        assert frames[-1].readings["loss"].shape == (1,)
        loaded = {name.split(".")[0] for name in sys.modules}
        assert "torch" in loaded
        print(sorted(loaded & {"sqlalchemy", "streamlit", "plotly", "starlette"}))
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("[]\n", 0), done.stderr
