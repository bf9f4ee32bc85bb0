"""When a run goes wrong for good, and whom it blames."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

from engine.experiment.experiment import Experiment
from engine.training import divergence
from engine.training.progress import CLOCKED
from engine.training.trainer import Trainer
from tests.science.measured import Always, Never
from tests.torch_modules import module_of

IDENTITY, TANH = {"kind": "identity"}, {"kind": "tanh"}
DEEP: dict[str, Any] = {
    "data": {"kind": "spiral"},
    "network": [{"kind": "dense", "width": 6, "activation": IDENTITY} for _ in range(4)],
    "optimizer": {"kind": "sgd", "lr": 0.01},
    "device": "cpu",
}


def trainer_of(**more: Any) -> Trainer:
    """A run that takes frames only when asked."""
    return Trainer(Experiment.from_dict({**DEEP, **more}), Never())


@pytest.mark.parametrize("layer", [0, 1, 2, 3])
def test_overflow_in_the_forward_pass_is_found_in_its_layer(layer: int) -> None:
    trainer = trainer_of()
    trainer.advance(deadline=math.inf, until_step=3)
    with torch.no_grad():
        for stage in trainer.network.stages[:-1]:
            module_of(stage)[0].weight.fill_(0.5)
        module_of(trainer.network.stages[layer])[0].weight.fill_(3e38)
    trainer.advance(deadline=math.inf)
    assert trainer.status == "diverged"
    assert trainer.step == 4
    said = f"The loss is not finite at step 4; the numbers of layer {layer + 1} dense went first."
    assert str(trainer.message) == said


@pytest.mark.parametrize("layer", [0, 2, 4])
def test_broken_weights_are_found_in_the_layer_that_broke_first(layer: int) -> None:
    """The backward pass breaks every layer before the one that went first, so the last broken one is to blame."""
    trainer = trainer_of()
    trainer.advance(deadline=math.inf, until_step=3)
    with torch.no_grad():
        for stage in trainer.network.stages[: layer + 1]:
            module_of(stage)[0].weight[0, 0] = math.nan
    trainer.advance(deadline=math.inf)
    name = "output" if layer == 4 else f"{layer + 1} dense"
    assert trainer.status == "diverged"
    assert f"layer {name} went first" in str(trainer.message)
    assert not trainer.is_sound()


def test_overflow_of_the_output_layer() -> None:
    trainer = trainer_of()
    with torch.no_grad():
        module_of(trainer.network.stages[-1])[0].weight.fill_(3e38)
    trainer.advance(deadline=math.inf)
    assert "layer output went first" in str(trainer.message)


def test_a_loss_that_is_not_finite_leaves_the_weights_alone() -> None:
    trainer = trainer_of()
    trainer.advance(deadline=math.inf, until_step=2)
    with torch.no_grad():
        module_of(trainer.network.stages[1])[0].weight.fill_(3e38)
    before = [p.detach().clone() for p in trainer.network.parameters()]
    progress = trainer.advance(deadline=math.inf, frame_at_end=True)
    assert [torch.equal(a, b) for a, b in zip(before, trainer.network.parameters(), strict=True)]
    assert all(torch.equal(a, b) for a, b in zip(before, trainer.network.parameters(), strict=True))
    assert len(progress.losses) == 1
    assert not math.isfinite(progress.losses[0])
    assert [(frame.step, frame.why) for frame in progress.frames] == [(2, "last good"), (3, "not finite")]
    assert not trainer.advance(deadline=math.inf).losses, "over is over"


RUNAWAY: dict[str, Any] = {
    "data": {"kind": "plane", "samples": 60},
    "loss": {"kind": "mse"},
    "network": [],
    "optimizer": {"kind": "sgd", "lr": 0.075},
    "batch_size": 8,
    "steps": 4000,
}


def test_mean_loss_over_three_times_the_first_ends_the_run() -> None:
    trainer = trainer_of(**RUNAWAY)
    rows = trainer.advance(deadline=math.inf).epochs
    assert trainer.status == "diverged"
    assert rows[-1].train_loss > 3 * rows[0].train_loss
    assert all(row.train_loss <= 3 * rows[0].train_loss for row in rows[:-1])
    assert len(rows) > 1
    assert f"epoch {len(rows)} is over 3 times" in str(trainer.message)
    assert "layer output grew most" in str(trainer.message)
    assert divergence.is_finite(trainer.network), "a state, and nothing is lost"


STOPPED: dict[str, Any] = {
    "data": {"kind": "moons", "samples": 80},
    "network": [{"kind": "dense", "width": 6}],
    "optimizer": {"kind": "adam", "lr": 0.1},
    "regularizers": [{"kind": "early_stopping", "patience": 2}, {"kind": "clip_norm", "threshold": 0.5}],
}
HEADS: dict[str, Any] = {
    "network": [{"kind": "dense", "width": 6, "label": "a"}, {"kind": "head", "target": {"kind": "radius"}}]
}


@pytest.mark.parametrize("more", [RUNAWAY, STOPPED, {**STOPPED, **HEADS}, {**STOPPED, "batch_size": 400}])
def test_a_run_that_ends_with_an_epoch_has_a_frame_of_its_last_step(more: dict[str, Any]) -> None:
    """The same frame as where every step has one, and the same run."""
    seldom, often = trainer_of(**more), Trainer(Experiment.from_dict({**DEEP, **more}), Always())
    one, other = (trainer.advance(deadline=math.inf) for trainer in (seldom, often))
    assert (seldom.status, seldom.message, seldom.step) == (often.status, often.message, often.step)
    assert seldom.status == ("diverged" if more is RUNAWAY else "finished")
    assert seldom.step < 4000
    (frame,) = one.frames
    last = other.frames[-1]
    assert (frame.step, frame.epoch) == (last.step, last.epoch) == (seldom.step, seldom.epoch - 1)
    assert frame.readings.keys() == last.readings.keys()
    for key in frame.readings.keys() - set(CLOCKED):
        np.testing.assert_array_equal(frame.readings[key], last.readings[key], err_msg=key)
    assert (one.losses, one.epochs) == (other.losses, other.epochs)


def test_the_rule_can_be_switched_off() -> None:
    trainer = trainer_of(**{**RUNAWAY, "stopping": {"divergence": False}})
    rows = trainer.advance(deadline=math.inf).epochs
    assert any(row.train_loss > 3 * rows[0].train_loss for row in rows)
    assert trainer.status == "diverged", "a loss that is not finite ends it all the same"
    assert "not finite" in str(trainer.message)


@pytest.mark.parametrize(
    ("first", "now", "fires"), [(1.0, 3.0, False), (1.0, 3.001, True), (0.2, 0.61, True), (1.0, math.nan, True)]
)
def test_three_times_and_no_less(first: float, now: float, fires: bool) -> None:
    assert divergence.runs_away(first, now) is fires


def test_a_state_is_good_until_the_rule_is_about_to_fire() -> None:
    trainer = trainer_of()
    trainer.advance(deadline=math.inf, until_epoch=2)
    assert trainer.is_sound()
    trainer.divergence_monitor.epochs = [0.1, 0.31]
    assert not trainer.is_sound()
    trainer.divergence_monitor.epochs = [0.1, 0.29]
    assert trainer.is_sound()
    with torch.no_grad():
        module_of(trainer.network.stages[0])[0].bias[0] = math.inf
    assert not trainer.is_sound()


def test_most_grown_is_relative_to_the_start() -> None:
    trainer = trainer_of()
    with torch.no_grad():
        module_of(trainer.network.stages[1])[0].weight *= 3
        module_of(trainer.network.stages[3])[0].weight *= 2
    assert str(divergence.find_most_grown(trainer.network, trainer.divergence_monitor.first_norms)) == "2 dense"
