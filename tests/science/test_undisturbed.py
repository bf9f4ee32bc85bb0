"""Instruments and evaluation look on; they change nothing."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from engine.experiment.experiment import Experiment
from engine.training.clock import FrameClock
from engine.training.heads import Heads
from engine.training.progress import Progress
from engine.training.trainer import Trainer
from tests.science import twin
from tests.science.measured import Always, Never
from tests.science.references import covers

BUSY: dict[str, Any] = {
    "data": {"kind": "digits", "layout": "image"},
    "network": [
        {"kind": "conv2d", "filters": 4, "activation": {"kind": "identity"}},
        {"kind": "batch_norm", "momentum": 0.2},
        {"kind": "activation"},
        {"kind": "dropout", "rate": 0.3},
        {"kind": "max_pool"},
        {"kind": "flatten"},
        {"kind": "dense", "width": 12},
        {"kind": "dropout", "rate": 0.5},
    ],
    "regularizers": [{"kind": "l2"}, {"kind": "clip_norm", "threshold": 0.5}],
    "batch_size": 64,
    "steps": 40,
    "device": "cpu",
}


class Sometimes(FrameClock):
    """A frame at every third step."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    def due(self) -> bool:
        self.asked += 1
        return self.asked % 3 == 0


def run(clock: FrameClock, data: dict[str, Any] = BUSY) -> tuple[Trainer, Progress]:
    """A whole run."""
    trainer = Trainer(Experiment.from_dict(data), clock)
    return trainer, trainer.advance(deadline=math.inf)


def weights(trainer: Trainer) -> dict[str, Tensor]:
    """Copies of weights and running statistics."""
    return {key: value.clone() for key, value in trainer.network.state_dict().items()}


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    """Bit for bit."""
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


@pytest.mark.parametrize("watching", [Always, Sometimes])
def test_frames_at_every_step_or_never_same_numbers(watching: type[FrameClock]) -> None:
    blind, plain = run(Never())
    watched, seen = run(watching())
    assert len(plain.frames) == 1, "only the last step's"
    assert len(seen.frames) > 10
    assert plain.losses == seen.losses
    assert len(plain.losses) == 40
    assert plain.epochs == seen.epochs
    assert len(plain.epochs) == 2
    assert same(weights(blind), weights(watched))


def test_frames_at_common_steps_say_the_same() -> None:
    every = {frame.step: frame for frame in run(Always())[1].frames}
    third = run(Sometimes())[1].frames
    for frame in third:
        other = every[frame.step].readings
        for key in frame.readings.keys() - {"speed", "cost"}:
            np.testing.assert_array_equal(frame.readings[key], other[key], err_msg=key)


def test_readings_and_evaluation_see_no_dropout_and_move_no_statistics() -> None:
    trainer, _ = run(Never(), {**BUSY, "steps": 5})
    before = weights(trainer)
    first, second = (trainer.capture.take_readings() for _ in range(2))
    for key in first.keys() - {"gradient_norm", "update_ratio", "weight_norm"}:
        assert torch.equal(first[key].nan_to_num(-7.0), second[key].nan_to_num(-7.0)), key
    progress = Progress(0)
    trainer._end_epoch(progress, sampled=True)
    (row,) = progress.epochs
    assert same(before, weights(trainer))
    assert trainer.network.training
    blocks = twin.blocks_of(trainer.experiment, 10)
    outputs = twin.forward(blocks, twin.weights_of(trainer), trainer.validation_x)[-1]
    expected = twin.loss_of(trainer.experiment.loss, outputs, trainer.validation_y).item()
    assert row.validation_loss == pytest.approx(expected, rel=1e-5)
    right = (outputs.argmax(1) == trainer.validation_y).double().mean().item()
    assert row.validation_metric == pytest.approx(right, abs=1e-12)


@covers("blocks.dropout")
def test_dropout_drops_its_share_in_training_and_keeps_the_mean() -> None:
    data = {**BUSY, "data": {"kind": "digits"}, "network": [{"kind": "dropout", "rate": 0.3}], "preprocessing": []}
    trainer = Trainer(Experiment.from_dict(data), Never())
    ones = torch.ones(200, 500)
    dropped = trainer.network.stages[0].module(ones)
    share = float((dropped == 0).double().mean())
    assert share == pytest.approx(0.3, abs=4 * math.sqrt(0.21 / ones.numel()))
    assert float(dropped.max()) == pytest.approx(1 / 0.7)
    assert float(dropped.double().mean()) == pytest.approx(1, abs=0.01)
    seen = trainer.network.stages[0].module.eval()(ones)
    assert torch.equal(seen, ones)


def dropped(seed: int, clock: FrameClock) -> list[Tensor]:
    """Which numbers were dropped in each of four steps that see the whole training split."""
    data = {**BUSY, "data": {"kind": "wine"}, "preprocessing": [{"kind": "standardize"}], "batch_size": 8192}
    blocks = [{"kind": "dropout", "rate": 0.5}]
    trainer = Trainer(Experiment.from_dict({**data, "network": blocks, "steps": 4, "seed": seed}), clock)
    masks: list[Tensor] = []
    trainer.network.stages[0].module.register_forward_hook(
        lambda module, _, out: masks.append(out == 0) if module.training else None
    )
    trainer.advance(deadline=math.inf)
    return masks


def test_dropout_is_new_in_every_step_and_the_same_in_every_run() -> None:
    masks = dropped(0, Never())
    assert len(masks) == 4
    for one in range(4):
        for other in range(one):
            assert 0.3 < (masks[one] == masks[other]).double().mean() < 0.7, "two steps share their mask"
    assert all(torch.equal(a, b) for a, b in zip(masks, dropped(0, Always()), strict=True))
    assert not torch.equal(masks[0], dropped(1, Never())[0])


def test_running_statistics_follow_algorithm_1() -> None:
    """Each training batch moves them by its mean and unbiased variance, with the block's momentum."""
    data = {**BUSY, "network": [{"kind": "flatten"}, {"kind": "batch_norm", "momentum": 0.2}]}
    trainer = Trainer(Experiment.from_dict(data), Always())
    mean, variance = torch.zeros(64, dtype=torch.float64), torch.ones(64, dtype=torch.float64)
    for _ in range(6):
        start = trainer.order.cursor
        batch = trainer.order.epoch_x[start : start + 64].double().flatten(1)
        trainer.advance(deadline=0.0)
        mean = 0.8 * mean + 0.2 * batch.mean(0)
        variance = 0.8 * variance + 0.2 * batch.var(0, correction=1)
    norm: Any = trainer.network.stages[1].module
    torch.testing.assert_close(norm.running_mean.double(), mean, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(norm.running_var.double(), variance, rtol=1e-5, atol=1e-6)


OVERFIT: dict[str, Any] = {
    "data": {"kind": "circle", "samples": 60, "noise": 0.5},
    "network": [{"kind": "dense", "width": 32}],
    "optimizer": {"kind": "adam", "lr": 0.05},
    "regularizers": [{"kind": "early_stopping", "patience": 4}],
    "device": "cpu",
}


def test_early_stopping_restores_the_best_epoch() -> None:
    trainer = Trainer(Experiment.from_dict(OVERFIT), Never())
    kept, rows = [], []
    while trainer.status == "running":
        steps = trainer.order.count_steps(trainer.experiment.batch_size)
        before_last = trainer.advance(deadline=math.inf, until_step=trainer.step + steps - 1)
        assert not before_last.epochs
        last = trainer.advance(deadline=math.inf, until_epoch=trainer.epoch + 1)
        rows += last.epochs
        kept.append(weights(trainer))
    losses = [row.validation_loss for row in rows]
    best = losses.index(min(losses))
    assert trainer.status == "finished"
    assert len(losses) == best + 1 + 4, "four epochs without improvement, and no more"
    assert best > 0
    assert same(weights(trainer), kept[best])
    assert not same(kept[-2], kept[best])
    assert f"epoch {best + 1}, with a validation loss of {min(losses):.4g}." in str(trainer.message)


def test_early_stopping_keeps_the_first_of_epochs_that_tie(monkeypatch: pytest.MonkeyPatch) -> None:
    judged = Heads.evaluate
    monkeypatch.setattr(Heads, "evaluate", lambda *of: judged(*of)._replace(scores=(1.0, 0.5)))
    trainer = Trainer(Experiment.from_dict(OVERFIT), Never())
    trainer.advance(deadline=math.inf, until_epoch=1)
    first = weights(trainer)
    trainer.advance(deadline=math.inf)
    assert trainer.epoch == 5
    assert str(trainer.message).endswith("epoch 1, with a validation loss of 1.")
    assert same(weights(trainer), first)


def test_training_metrics_are_of_the_batches_as_they_were_seen() -> None:
    """The epoch's training loss is the mean over examples of the recorded step losses."""
    data = {**OVERFIT, "data": {"kind": "circle", "samples": 106}, "regularizers": [], "steps": 18}
    trainer = Trainer(Experiment.from_dict(data), Never())
    progress = trainer.advance(deadline=math.inf)
    sizes = [10, 10, 10, 10, 10, 3]
    for number, row in enumerate(progress.epochs):
        losses = progress.losses[6 * number : 6 * number + 6]
        expected = sum(s * loss for s, loss in zip(sizes, losses, strict=True)) / 53
        assert row.train_loss == pytest.approx(expected, rel=1e-12)
    assert [row.epoch for row in progress.epochs] == [1, 2, 3]


def test_a_single_example_left_over_joins_the_batch_before() -> None:
    data = {**OVERFIT, "data": {"kind": "circle", "samples": 102}, "regularizers": [], "epochs": 2, "steps": None}
    trainer = Trainer(Experiment.from_dict(data), Never())
    assert trainer.order.count == 51
    assert trainer.total_steps == 10
    assert len(trainer.advance(deadline=math.inf).losses) == 10
