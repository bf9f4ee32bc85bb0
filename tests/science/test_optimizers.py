"""Optimizers against torch's plain form and against formulas; penalties in the steps really taken."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from engine.catalogue.part import catalogue
from engine.experiment.experiment import Experiment
from engine.parts.optimizers import Optimizer
from engine.training.trainer import Trainer
from tests.science.measured import Never, norm
from tests.science.references import covers

SETTINGS: dict[str, dict[str, Any]] = {
    "sgd": {"kind": "sgd", "lr": 0.05},
    "momentum": {"kind": "sgd", "lr": 0.05, "momentum": 0.9},
    "nesterov": {"kind": "sgd", "lr": 0.05, "momentum": 0.9, "nesterov": True},
    "adagrad": {"kind": "adagrad", "lr": 0.1},
    "rmsprop": {"kind": "rmsprop", "lr": 0.01},
    "rmsprop_momentum": {"kind": "rmsprop", "lr": 0.01, "momentum": 0.8, "decay": 0.9},
    "adam": {"kind": "adam", "lr": 0.02, "momentum": 0.8, "beta2": 0.99},
    "adamw": {"kind": "adamw", "lr": 0.02, "weight_decay": 0.2},
    "nadam": {"kind": "nadam", "lr": 0.02, "momentum": 0.8, "beta2": 0.99, "momentum_decay": 0.01},
    "radam": {"kind": "radam", "lr": 0.05, "momentum": 0.8, "beta2": 0.99},
    "adadelta": {"kind": "adadelta", "lr": 3.0, "decay": 0.8},
    "adamax": {"kind": "adamax", "lr": 0.02, "momentum": 0.8, "beta2": 0.99},
}
CONSTRUCTORS = {
    "sgd": torch.optim.SGD,
    "adagrad": torch.optim.Adagrad,
    "rmsprop": torch.optim.RMSprop,
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "nadam": torch.optim.NAdam,
    "radam": torch.optim.RAdam,
    "adadelta": torch.optim.Adadelta,
    "adamax": torch.optim.Adamax,
}


def part(settings: dict[str, Any]) -> Optimizer:
    """The optimizer with these settings."""
    part: Optimizer = catalogue(Optimizer)[settings["kind"]].model_validate(settings)
    return part


def parameters(dtype: torch.dtype) -> list[nn.Parameter]:
    """A matrix and a vector."""
    generator = torch.Generator().manual_seed(1)
    shapes = [(6, 4), (5,)]
    return [nn.Parameter(torch.randn(s, generator=generator).to(dtype)) for s in shapes]


def pull(values: list[nn.Parameter], step: int) -> None:
    """Sets gradients that depend on the weights and change with the step."""
    for number, value in enumerate(values):
        value.grad = (torch.sin(value.detach() * (number + 2)) + 0.3 * math.cos(0.7 * step)).to(value.dtype)


def hundred_steps(optimizer: torch.optim.Optimizer, values: list[nn.Parameter]) -> list[Tensor]:
    """Where the values are after 100 steps."""
    for step in range(100):
        pull(values, step)
        optimizer.step()
    return [value.detach().to(torch.float64) for value in values]


def test_every_constructor_has_settings() -> None:
    assert {settings["kind"] for settings in SETTINGS.values()} == set(CONSTRUCTORS)


@pytest.mark.parametrize("name", SETTINGS)
@covers(*(f"optimizers.{kind}" for kind in CONSTRUCTORS))
def test_hundred_steps_of_torch_without_fusing(name: str) -> None:
    settings = part(SETTINGS[name]).settings
    own, plain = parameters(torch.float32), parameters(torch.float64)
    built = part(SETTINGS[name]).build(own)
    for group in built.param_groups:
        group.update(settings)  # as the executor does before the first step
    reference = CONSTRUCTORS[SETTINGS[name]["kind"]](plain, **settings, foreach=False)
    start = [value.detach().clone() for value in plain]
    for got, expected, first in zip(hundred_steps(built, own), hundred_steps(reference, plain), start, strict=True):
        torch.testing.assert_close(got, expected, rtol=1e-4, atol=1e-5)
        assert norm(expected - first) > 0.1, "the path must lead somewhere"


@covers("optimizers.muon")
def test_muon_is_torchs_for_matrices_and_its_adamw_for_the_rest() -> None:
    chosen: Any = part({"kind": "muon", "lr": 0.02, "momentum": 0.9, "beta2": 0.99, "weight_decay": 0.1})
    own, plain = parameters(torch.float32), parameters(torch.float32)
    built = chosen.build(own)
    for group in built.param_groups:
        group.update(chosen.settings)
    got = hundred_steps(built, own)
    muon = torch.optim.Muon(
        plain[:1], lr=0.02, momentum=0.9, weight_decay=0.1, adjust_lr_fn="match_rms_adamw", nesterov=True
    )
    adamw = torch.optim.AdamW(plain[1:], lr=0.02, betas=(0.9, 0.99), weight_decay=0.1, foreach=False)
    hundred_steps(muon, plain[:1])
    pulled_apart = plain[1]
    for step in range(100):
        pulled_apart.grad = torch.sin(pulled_apart.detach() * 3) + 0.3 * math.cos(0.7 * step)
        adamw.step()
    assert torch.equal(got[0], plain[0].detach().double())
    torch.testing.assert_close(got[1], plain[1].detach().double(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["adagrad", "rmsprop", "rmsprop_momentum"])
def test_formula_of_the_docstring(name: str) -> None:
    """s ← s + g² or ρs + (1 − ρ)g²; the step is αg / (√s + ε), with momentum b ← μb + step."""
    chosen: Any = part(SETTINGS[name])
    values = parameters(torch.float64)
    square = [torch.zeros_like(v) for v in values]
    speed = [torch.zeros_like(v) for v in values]
    for step in range(100):
        pull(values, step)
        for number, value in enumerate(values):
            gradient = value.grad
            assert gradient is not None
            if chosen.kind == "adagrad":
                square[number] = square[number] + gradient**2
            else:
                square[number] = chosen.decay * square[number] + (1 - chosen.decay) * gradient**2
            move = gradient / (square[number].sqrt() + chosen.eps)
            speed[number] = getattr(chosen, "momentum", 0.0) * speed[number] + move
            value.data -= chosen.lr * speed[number]
    own = parameters(torch.float64)
    for got, expected in zip(hundred_steps(chosen.build(own), own), values, strict=True):
        torch.testing.assert_close(got, expected.detach(), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("reloaded", [False, True])
def test_momentum_that_comes_later_starts_from_rest(reloaded: bool) -> None:
    """b ← μb + αg / (√s + ε) from b = 0 on, however the steps before it were taken."""
    own, chosen = parameters(torch.float64), part(SETTINGS["rmsprop"])
    built = chosen.build(own)
    hundred_steps(built, own)
    if reloaded:
        state = built.state_dict()
        built = chosen.build(own)
        built.load_state_dict(state)
    squares = [built.state[value]["square_avg"].clone() for value in own]
    wanted = [value.detach().clone() for value in own]
    speeds = [torch.zeros_like(value) for value in own]
    for group in built.param_groups:
        group["momentum"] = 0.5
    for step in range(5):
        pull(own, step)
        for number, value in enumerate(own):
            assert value.grad is not None
            squares[number] = 0.99 * squares[number] + 0.01 * value.grad**2
            speeds[number] = 0.5 * speeds[number] + value.grad / (squares[number].sqrt() + 1e-8)
            wanted[number] -= 0.01 * speeds[number]
        built.step()
    for got, expected in zip(own, wanted, strict=True):
        torch.testing.assert_close(got.detach(), expected, rtol=1e-9, atol=1e-9)


def circle_run(**more: Any) -> Experiment:
    """A small network whose epoch has 15 steps."""
    data = {
        "data": {"kind": "circle", "samples": 300},
        "network": [{"kind": "dense", "width": 8, "activation": {"kind": "tanh"}}],
        "optimizer": {"kind": "sgd", "lr": 0.4},
        "steps": 200,
        "device": "cpu",
    }
    return Experiment.from_dict({**data, **more})


@pytest.mark.parametrize("strength", [0.05, 1.5])
def test_one_sgd_step_with_l2_shrinks_by_one_minus_alpha_lambda(strength: float) -> None:
    """W ← (1 − αλ)W − α∇L; the bias is not penalized."""
    plain = Trainer(circle_run(), Never())
    before = {key: value.clone().double() for key, value in plain.network.state_dict().items()}
    plain.advance(deadline=0.0)
    slopes = {key: (before[key] - value) / 0.4 for key, value in plain.network.state_dict().items()}
    decayed = Trainer(circle_run(regularizers=[{"kind": "l2", "strength": strength}]), Never())
    decayed.advance(deadline=0.0)
    for key, value in decayed.network.state_dict().items():
        shrink = 1 - 0.4 * strength if key.endswith("weight") else 1.0
        torch.testing.assert_close(value.double(), shrink * before[key] - 0.4 * slopes[key], rtol=1e-5, atol=1e-6)


@covers("regularizers.l1")
def test_l1_takes_the_same_from_every_weight() -> None:
    """W ← W − αλ sign(W) − α∇L."""
    plain, pulled = (
        Trainer(circle_run(), Never()),
        Trainer(circle_run(regularizers=[{"kind": "l1", "strength": 0.02}]), Never()),
    )
    signs = {key: value.sign().double() for key, value in plain.network.state_dict().items()}
    plain.advance(deadline=0.0)
    pulled.advance(deadline=0.0)
    without = plain.network.state_dict()
    for key, value in pulled.network.state_dict().items():
        moved = 0.4 * 0.02 * signs[key] if key.endswith("weight") else torch.zeros(())
        torch.testing.assert_close(value.double(), without[key].double() - moved, rtol=1e-5, atol=1e-6)


@covers("regularizers.clip_norm")
def test_clipping_keeps_direction_and_bounds_length() -> None:
    free, bound = (
        Trainer(circle_run(), Never()),
        Trainer(circle_run(regularizers=[{"kind": "clip_norm", "threshold": 0.01}]), Never()),
    )
    starts = [p.detach().double().clone() for p in free.network.parameters()]
    moves = []
    for trainer in (free, bound):
        trainer.advance(deadline=0.0)
        now = [p.detach().double() for p in trainer.network.parameters()]
        moves.append(torch.cat([(b - a).flatten() for a, b in zip(starts, now, strict=True)]) / 0.4)
    assert norm(moves[0]) > 0.02
    assert norm(moves[1]) == pytest.approx(0.01, rel=1e-4)
    assert float(moves[0] @ moves[1]) == pytest.approx(norm(moves[0]) * norm(moves[1]), rel=1e-6)


def test_a_gradient_under_the_threshold_is_left_alone() -> None:
    free, bound = (
        Trainer(circle_run(regularizers=rules), Never()) for rules in ([], [{"kind": "clip_norm", "threshold": 900}])
    )
    for trainer in (free, bound):
        trainer.advance(deadline=math.inf, until_step=5)
    ours, theirs = free.network.state_dict(), bound.network.state_dict()
    assert all(torch.equal(ours[key], theirs[key]) for key in ours)
