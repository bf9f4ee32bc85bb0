"""Attacks against float64 twins, and what training on them does."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from engine.errors import InvalidExperiment
from engine.experiment import presets
from engine.experiment.edits import Edit, diff_experiments
from engine.experiment.experiment import Experiment
from engine.parts.attacks.fgsm import FGSM
from engine.parts.attacks.pgd import PGD
from engine.preview.preview import preview
from engine.training.adversary import Adversary
from engine.training.trainer import Trainer
from tests.science import twin
from tests.science.measured import Always, Never
from tests.science.references import covers

PLAIN: dict[str, Any] = {
    "data": {"kind": "moons", "noise": 0.2},
    "network": [{"kind": "dense", "width": 9, "activation": {"kind": "tanh"}}],
    "optimizer": {"kind": "sgd", "lr": 0.4},
    "batch_size": 25,
    "steps": 30,
    "device": "cpu",
}
NOISY: dict[str, Any] = {
    **PLAIN,
    "network": [
        {"kind": "dense", "width": 8, "activation": {"kind": "identity"}},
        {"kind": "batch_norm"},
        {"kind": "activation"},
        {"kind": "dropout", "rate": 0.4},
    ],
    "attack": {"kind": "pgd", "steps": 3},
}


def trainer_of(data: dict[str, Any], clock: type = Never) -> Trainer:
    return Trainer(Experiment.from_dict(data), clock())


def true_slope(trainer: Trainer, x: Tensor, y: Tensor) -> Tensor:
    """∇ₓ of the mean loss in float64, from nothing but weights."""
    x = x.detach().double().requires_grad_()
    outputs = twin.forward(twin.blocks_of(trainer.experiment, 2), twin.weights_of(trainer), x)[-1]
    return torch.autograd.grad(twin.loss_of(trainer.experiment.loss, outputs, y), x)[0]


def moved(trainer: Trainer, attack: FGSM | PGD, x: Tensor, y: Tensor) -> Tensor:
    """The engine's examples."""
    adversary = Adversary(attack, trainer.network, trainer.learners[0].eager.loss, trainer.device)
    adversary.prepare(x, y, 5)
    return adversary.attacked


@covers("attacks.fgsm")
def test_fast_gradient_sign_is_the_twins() -> None:
    trainer = trainer_of(PLAIN)
    trainer.advance(deadline=math.inf, until_step=10)
    x, y = trainer.validation_x[:40], trainer.validation_y[:40]
    found = moved(trainer, FGSM(budget=0.7), x, y)
    slope = true_slope(trainer, x, y)
    assert slope.abs().min() > 1e-9, "signs are not a matter of rounding"
    torch.testing.assert_close(found.double(), x.double() + 0.7 * slope.sign(), rtol=0, atol=1e-6)
    assert not found.requires_grad
    assert trainer.network.training


@pytest.mark.parametrize("step_size", [0.2, 0.5, 1.7])
@covers("attacks.pgd")
def test_projected_gradient_is_the_twins_and_stays_in_the_ball(step_size: float) -> None:
    trainer = trainer_of(PLAIN)
    trainer.advance(deadline=math.inf, until_step=10)
    x, y = trainer.validation_x[:40], trainer.validation_y[:40]
    attack = PGD(budget=0.6, steps=4, step_size=step_size, random_start=False)
    at = x.double()
    for _ in range(4):
        at = at + step_size * 0.6 * true_slope(trainer, at, y).sign()
        at = x.double() + (at - x.double()).clamp(-0.6, 0.6)
    torch.testing.assert_close(moved(trainer, attack, x, y).double(), at, rtol=0, atol=1e-5)


def test_random_starts_fill_the_ball_and_nothing_leaves_it() -> None:
    x = torch.linspace(-5, 5, 4000)[:, None]
    flat = PGD(budget=0.3, steps=2).attack(x, torch.zeros_like, torch.Generator().manual_seed(1)) - x
    assert -0.3 - 1e-6 <= flat.min() < -0.29
    assert 0.29 < flat.max() <= 0.3 + 1e-6
    assert abs(float(flat.mean())) < 0.02
    steep = PGD(budget=0.3, steps=9, step_size=2).attack(x, torch.ones_like, torch.Generator().manual_seed(1)) - x
    torch.testing.assert_close(steep, torch.full_like(x, 0.3), rtol=0, atol=1e-6)


@pytest.mark.parametrize("share", [0.25, 1.0])
def test_the_training_gradient_is_the_twins(share: float) -> None:
    trainer = trainer_of({**PLAIN, "attack": {"kind": "fgsm", "budget": 0.5, "share": share}})
    before = twin.weights_of(trainer)
    x, y = (piece[:25] for piece in (trainer.order.epoch_x, trainer.order.epoch_y))
    attacked = x.double() + 0.5 * true_slope(trainer, x, y).sign()
    leaves = twin.leaves(before)
    for value in leaves.values():
        value.requires_grad_()
    blocks = twin.blocks_of(trainer.experiment, 2)
    clean, bad = (
        twin.loss_of(trainer.experiment.loss, twin.forward(blocks, before, at)[-1], y) for at in (x, attacked)
    )
    whole = (1 - share) * clean + share * bad
    slopes = torch.autograd.grad(whole, list(leaves.values()))
    loss = trainer.advance(deadline=math.inf, until_step=1).losses[0]
    assert loss == pytest.approx(whole.item(), rel=1e-5)
    after = twin.leaves(twin.weights_of(trainer))
    for (key, start), slope in zip(leaves.items(), slopes, strict=True):
        torch.testing.assert_close(after[key], start.detach() - 0.4 * slope, rtol=1e-4, atol=1e-6)


def test_share_zero_only_looks() -> None:
    plain, looked_at = trainer_of(PLAIN), trainer_of({**PLAIN, "attack": {"kind": "fgsm", "share": 0.0}}, Always)
    losses = plain.advance(deadline=math.inf).losses
    seen = looked_at.advance(deadline=math.inf)
    assert seen.losses == losses
    assert all("robustness" in frame.readings for frame in seen.frames)
    assert "robustness" not in plain._take_frame(0.0).readings


def test_making_examples_and_looking_at_them_moves_nothing() -> None:
    blind, watched = trainer_of(NOISY), trainer_of(NOISY, Always)
    assert blind.advance(deadline=math.inf).losses == watched.advance(deadline=math.inf).losses
    ours, theirs = blind.network.state_dict(), watched.network.state_dict()
    assert all(torch.equal(ours[key], theirs[key]) for key in ours)
    assert blind.learners[0].eager.adversary is not None
    moved(blind, PGD(), blind.validation_x, blind.validation_y)
    assert all(torch.equal(ours[key], value) for key, value in blind.network.state_dict().items())


def test_taken_apart_and_put_together_same_run() -> None:
    whole, first = trainer_of(NOISY), trainer_of(NOISY)
    losses = whole.advance(deadline=math.inf).losses
    begun = first.advance(deadline=math.inf, until_step=13).losses
    rest = Trainer.restore(first.state(), Never()).advance(deadline=math.inf).losses
    assert begun + rest == losses


@covers("probes.robustness")
def test_frames_show_clean_and_attacked_accuracy() -> None:
    trainer = trainer_of({**PLAIN, "attack": {"kind": "fgsm", "budget": 1.0}}, Always)
    frame = trainer.advance(deadline=math.inf).frames[-1]
    x, y = trainer.validation_x[:256], trainer.validation_y[:256]
    attacked = x.double() + true_slope(trainer, x, y).sign()
    blocks, weights = twin.blocks_of(trainer.experiment, 2), twin.weights_of(trainer)
    said = [twin.forward(blocks, weights, at)[-1].argmax(1) for at in (x, attacked)]
    expected = [float((one == y).double().mean()) for one in said]
    np.testing.assert_allclose(frame.readings["robustness"], expected, atol=1e-6)
    assert expected[1] < expected[0] - 0.05
    rows = frame.readings["attack"]
    np.testing.assert_allclose(rows[:, :2], x[:80], atol=1e-5)
    np.testing.assert_allclose(rows[:, 2:4], attacked[:80], atol=1e-5)
    np.testing.assert_array_equal(rows[:, 4], (said[0] != said[1])[:80])


@covers("probes.attack")
def test_arrows_begin_at_the_points_as_they_were_before_preprocessing() -> None:
    data = {**PLAIN, "preprocessing": [{"kind": "standardize"}], "attack": {"kind": "fgsm", "budget": 0.5}}
    trainer = trainer_of(data, Always)
    rows = trainer.advance(deadline=0.0).frames[0].readings["attack"]
    points = trainer.data.points
    assert points is not None
    raw = points[points[:, 3] == 1][:, :2]
    places = [np.abs(raw - row[:2]).max(1).min() for row in rows]
    assert max(places) < 1e-4
    deviation = points[points[:, 3] == 0][:, :2].std(0)
    np.testing.assert_allclose(np.abs(rows[:, 2:4] - rows[:, :2]), 0.5 * deviation * np.ones((80, 1)), rtol=1e-3)


def test_images_are_shown_as_they_are_and_as_they_are_changed() -> None:
    data = {**PLAIN, "data": {"kind": "digits", "layout": "image"}, "network": [{"kind": "flatten"}]}
    trainer = trainer_of({**data, "attack": {"kind": "fgsm", "budget": 0.25}}, Always)
    readings = trainer.advance(deadline=0.0).frames[0].readings
    images, about = readings["attack"], readings["attack_scale"]
    x = trainer.validation_x[:5, 0].numpy()
    assert images.dtype == np.int8
    np.testing.assert_allclose(images[:, 0] / 127 * about[:, 0, None, None], x, atol=0.01)
    np.testing.assert_allclose(about[:, 1], 0.25, rtol=1e-5)
    assert set(np.unique(np.abs(images[:, 1]))) <= {0, 127}
    np.testing.assert_array_equal(about[:, 2], trainer.validation_y[:5])
    trainer.network.eval()
    np.testing.assert_array_equal(about[:, 3], trainer.network(trainer.validation_x[:5]).argmax(1))


def test_the_budget_can_be_changed_while_it_trains() -> None:
    start = Experiment.from_dict({**PLAIN, "attack": {"kind": "fgsm", "budget": 0.1}})
    wanted = Experiment.from_dict({**PLAIN, "attack": {"kind": "fgsm", "budget": 0.8}})
    assert diff_experiments(start, wanted) == (Edit(path="attack.budget", value=0.8),)
    assert diff_experiments(start, Experiment.from_dict(PLAIN)) is None
    assert diff_experiments(start, Experiment.from_dict({**PLAIN, "attack": {"kind": "pgd", "budget": 0.1}})) is None
    trainer = Trainer(start, Always())
    for budget in (0.1, 0.8):
        rows = trainer.advance(deadline=0.0).frames[0].readings["attack"]
        np.testing.assert_allclose(np.abs(rows[:, 2:4] - rows[:, :2]), budget, rtol=1e-3)
        assert trainer.learners[0].eager.adversary.attack.budget == budget  # type: ignore[union-attr]
        trainer.edit(Edit(path="attack.budget", value=0.8))


def test_words_are_not_moved_a_little() -> None:
    tokens = {
        "data": {"kind": "tokens"},
        "network": [{"kind": "embedding"}, {"kind": "flatten"}],
        "attack": {"kind": "fgsm"},
    }
    with pytest.raises(InvalidExperiment, match="word numbers") as caught:
        preview(Experiment.from_dict(tokens))
    assert caught.value.where == "$.attack (fgsm)"


@pytest.mark.parametrize(("attack", "cost"), [(None, 1), ({"kind": "fgsm"}, 3), ({"kind": "pgd", "steps": 4}, 6)])
def test_the_cost_is_told_before(attack: dict[str, Any] | None, cost: int) -> None:
    assert preview(Experiment.from_dict({**PLAIN, "attack": attack})).cost == cost


def test_training_on_attacks_withstands_them() -> None:
    """The preset: trained on attacks, most attacked digits are still read; without, hardly any; clean ones in both."""
    preset = presets.load("adversarial").model_copy(update={"epochs": 40, "device": "cpu"})
    assert preset.attack is not None
    found = {}
    for share in (0.0, 0.5):
        attack = preset.attack.model_copy(update={"share": share})
        trainer = Trainer(preset.model_copy(update={"attack": attack}), Never())
        found[share] = trainer.advance(deadline=math.inf).frames[-1].readings["robustness"]
    assert found[0.0][0] > 0.95
    assert found[0.5][0] > 0.93
    assert found[0.0][1] < 0.2
    assert found[0.5][1] > 0.5
