"""Runs whose first epoch is ruined already: they are compared with the first weights."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from engine.data.epochs import Order
from engine.experiment.edits import Edit
from engine.experiment.experiment import Experiment, Stopping
from engine.training import divergence
from engine.training.trainer import Trainer
from tests.export.running import expect_same, in_process
from tests.science.measured import Never
from tests.science.test_divergence import DEEP, RUNAWAY, trainer_of

RUINED: dict[str, Any] = {
    "data": {"kind": "diabetes"},
    "loss": {"kind": "mae"},
    "preprocessing": [{"kind": "standardize"}, {"kind": "standardize_target"}],
    "network": [{"kind": "dense", "width": 16, "activation": {"kind": "relu"}}],
    "optimizer": {"kind": "sgd", "lr": 2.0},
    "initializer": {"kind": "he_normal"},
    "stratified": False,
    "batch_size": 10,
    "steps": 1000,
}
HUGE = {"loss": {"kind": "mse"}, "optimizer": {"kind": "adam", "lr": 100.0}}


def first_losses(value: Experiment) -> tuple[float, float]:
    """The loss of the first batch and of the first 1 024 training rows at the first weights, by numpy in float64."""
    trainer = Trainer(value, Never())
    parts = [p.detach().double().numpy() for p in trainer.network.parameters()]

    def loss(x: np.ndarray, y: np.ndarray) -> float:
        hidden = np.maximum(x @ parts[0].T + parts[1], 0)
        off = hidden @ parts[2].T + parts[3] - y
        return float(np.abs(off).mean() if value.loss.name() == "mae" else (off**2).mean())

    order = trainer.order
    assert isinstance(order, Order)
    return (
        loss(order.epoch_x[:10].double().numpy(), order.epoch_y[:10].double().numpy()),
        loss(order.x[:1024].double().numpy(), order.y[:1024].double().numpy()),
    )


@pytest.mark.parametrize(("more", "worst"), [({}, 30), (HUGE, 1e10)])
def test_a_first_epoch_that_is_ruined_itself_ends_the_run(more: dict[str, Any], worst: float) -> None:
    """The first losses are huge, then the layer is dead and every later epoch is small beside the first one."""
    value = Experiment.from_dict({**DEEP, **RUINED, **more})
    blind = Trainer(value.model_copy(update={"stopping": Stopping(divergence=False)}), Never())
    found = blind.advance(deadline=math.inf)
    step_1, untrained = first_losses(value)
    assert found.losses[0] == pytest.approx(step_1, rel=1e-4)
    assert blind.status == "finished", "the losses stay finite"
    assert max(found.losses[:22]) > worst
    rows = found.epochs
    assert rows[0].train_loss > 3 * max(step_1, untrained)
    assert all(row.train_loss <= 3 * rows[0].train_loss for row in rows), "no later epoch is three times the first"

    trainer = Trainer(value, Never())
    progress = trainer.advance(deadline=math.inf)
    assert trainer.status == "diverged"
    assert (trainer.epoch, trainer.step) == (1, rows[0].step)
    assert str(trainer.message).startswith(
        "The mean loss of epoch 1 is over 3 times those of step 1 and of the untrained network; layer "
    )
    assert not trainer.is_sound()
    assert progress.epochs == rows[:1]
    assert trainer.divergence_monitor.compare_to_start(rows[0].train_loss)
    assert trainer.divergence_monitor._untrained == pytest.approx(untrained, rel=1e-4)


def test_a_run_that_ends_within_its_ruined_first_epoch_is_no_success() -> None:
    trainer = Trainer(Experiment.from_dict({**DEEP, **RUINED, "steps": 15}), Never())
    trainer.advance(deadline=math.inf)
    assert (trainer.status, trainer.epoch) == ("diverged", 0)
    said = "The mean loss of 15 steps is over 3 times those of step 1 and of the untrained"
    assert str(trainer.message).startswith(said)
    few = Trainer(Experiment.from_dict({**DEEP, **RUINED, "steps": 6}), Never())
    few.advance(deadline=math.inf)
    assert few.status == "finished", "60 examples say too little"


def test_a_checkpoint_within_a_ruined_epoch_is_not_good() -> None:
    trainer = Trainer(Experiment.from_dict({**DEEP, **RUINED}), Never())
    assert trainer.is_sound()
    trainer.advance(deadline=math.inf, until_step=12)
    assert not trainer.is_sound()


def test_a_ruined_run_ends_so_after_being_taken_apart() -> None:
    value = Experiment.from_dict({**DEEP, **RUINED})
    trainer = Trainer(value, Never())
    whole = trainer.advance(deadline=math.inf).losses
    for cut in (1, 5, len(whole) - 1):
        first = Trainer(value, Never())
        losses = first.advance(deadline=math.inf, until_step=cut).losses
        again = Trainer.restore(first.state(), Never())
        losses += again.advance(deadline=math.inf).losses
        assert (losses, again.status, again.message) == (whole, trainer.status, trainer.message)


QUIET: dict[str, dict[str, Any]] = {
    "a first batch that happens to be small": {**RUNAWAY, "optimizer": {"kind": "sgd", "lr": 1e-3}, "batch_size": 1},
    "small losses": {
        **RUINED,
        "network": [],
        "initializer": {"kind": "constant", "value": 0.0},
        "optimizer": {"kind": "adam", "lr": 1e-4},
        "data": {"kind": "curve", "noise": 0.0},
        "preprocessing": [],
    },
    "dropout": {"network": [{"kind": "dense"}, {"kind": "dropout", "rate": 0.9}], "optimizer": {"kind": "adam"}},
    "attacked": {"attack": {"kind": "pgd", "share": 0.9}, "data": {"kind": "moons"}},
    "batch norm": {"network": [{"kind": "dense"}, {"kind": "batch_norm"}, {"kind": "dense"}, {"kind": "batch_norm"}]},
}


@pytest.mark.parametrize("name", QUIET)
def test_no_false_alarm(name: str) -> None:
    for seed in range(3):
        trainer = trainer_of(**{**QUIET[name], "steps": 300, "seed": seed})
        trainer.advance(deadline=math.inf)
        assert trainer.status == "finished", trainer.message


def test_losses_that_are_rounding_are_no_alarm() -> None:
    assert not divergence.runs_away(0.0, 2e-9)
    assert not divergence.runs_away(1e-14, 1e-11)
    assert divergence.runs_away(0.0, 1e-6)


HEADED: dict[str, Any] = {"network": [{"kind": "dense", "width": 6}, {"kind": "head", "target": {"kind": "radius"}}]}


def test_other_weights_of_ends_make_another_loss() -> None:
    """What an edit of a weight does to the loss is no divergence, in its epoch and after it."""
    for weight in (100.0, 1e-3):
        trainer = trainer_of(**HEADED, steps=400)
        trainer.advance(deadline=math.inf, until_step=37)
        trainer.edit(Edit(path="output_weight", value=weight))
        trainer.advance(deadline=math.inf)
        assert trainer.status == "finished", trainer.message


MEMBERS = {"kind": "bagging", "members": 2}


@pytest.mark.parametrize("more", [{}, {"ensemble": MEMBERS}, {"regularizers": [{"kind": "early_stopping"}]}])
def test_the_exported_program_ends_with_the_same_step(more: dict[str, Any]) -> None:
    value = Experiment.from_dict({**DEEP, **RUINED, **more})
    trainer = Trainer(value, Never())
    losses = trainer.advance(deadline=math.inf).losses
    assert trainer.status == "diverged"
    assert trainer.epoch == 1
    expect_same(in_process(value, 10_000), losses)
