"""Activations and losses against closed forms in float64."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from engine.catalogue.part import catalogue
from engine.experiment.experiment import Experiment
from engine.parts.activations import Activation
from engine.parts.losses import Loss
from engine.preview.preview import preview
from engine.training.trainer import Trainer
from tests.science import twin
from tests.science.measured import Never
from tests.science.references import covers

PARTS: list[dict[str, Any]] = [
    {"kind": "identity"},
    {"kind": "sigmoid"},
    {"kind": "tanh"},
    {"kind": "relu"},
    {"kind": "leaky_relu", "slope": 0.2},
    {"kind": "leaky_relu", "slope": 0.01},
    {"kind": "elu", "alpha": 1.0},
    {"kind": "elu", "alpha": 0.3},
    {"kind": "elu", "alpha": 3.0},
    {"kind": "elu", "alpha": 0.01},
    {"kind": "silu"},
    {"kind": "gelu"},
    {"kind": "softplus"},
    {"kind": "prelu", "slope": 0.375},
    {"kind": "prelu", "slope": 0.03125},
]
NEVER = {"leaky_relu", "prelu"}  # with slopes of 5 % or more


def activation(data: dict[str, Any]) -> Activation:
    """The part in these values."""
    part: Activation = catalogue(Activation)[data["kind"]].model_validate(data)
    return part


def name(data: dict[str, Any]) -> str:
    """For the test's name."""
    return "-".join(str(value) for value in data.values())


@pytest.mark.parametrize("data", PARTS, ids=name)
@covers(*(f"activations.{data['kind']}" for data in PARTS))
def test_closed_form(data: dict[str, Any]) -> None:
    part = activation(data)
    x = torch.linspace(-6, 6, 1001, dtype=torch.float64)
    torch.testing.assert_close(part.build().double()(x), twin.activate(part, x), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("data", PARTS, ids=name)
def test_saturated_is_where_the_slope_is_under_5_percent_of_the_largest(data: dict[str, Any]) -> None:
    part = activation(data)
    x = torch.linspace(-8, 8, 4001, dtype=torch.float64).requires_grad_()
    outputs = twin.activate(part, x)
    (slope,) = torch.autograd.grad(outputs.sum(), x)
    found = part.find_saturated(x.detach(), part.build().double())
    if data["kind"] == "identity":
        assert found is None
        return
    assert found is not None
    ratio = slope.abs() / slope.max()
    sure = (ratio - 0.05).abs() > 1e-3
    assert torch.equal(found[sure], (ratio < 0.05)[sure])
    assert found.any() == (data["kind"] not in NEVER or data["slope"] < 0.05)
    assert not found.all()


def test_prelu_learns_its_slope() -> None:
    """The slope's gradient is Σ x over negative inputs times what comes from above; L1 and L2 leave it alone."""
    layer = activation({"kind": "prelu", "slope": 0.3}).build().double()
    x, above = torch.tensor([-2.0, 1.0, -0.5, 3.0]).double(), torch.tensor([1.0, 5.0, 4.0, -1.0]).double()
    (layer(x) * above).sum().backward()
    (slope,) = layer.parameters()
    assert slope.grad is not None
    assert slope.grad.item() == pytest.approx(-2.0 * 1 - 0.5 * 4)
    network = [{"kind": "dense", "width": 5, "activation": {"kind": "prelu", "slope": 0.3}}]
    start = Experiment.from_dict({"network": network, "optimizer": {"kind": "sgd", "lr": 0.1}, "device": "cpu"})
    assert [row.parameters for row in preview(start).layers] == [3 * 5 + 1, 6 * 2]
    plain = Trainer(start, Never())
    pulled = Trainer(Experiment.from_dict({**start.to_dict(), "regularizers": [{"kind": "l2", "strength": 9.0}]}))
    for trainer in (plain, pulled):
        trainer.advance(deadline=0.0)
    ends = [trainer.network.state_dict()["modules_in_order.0.1.weight"].item() for trainer in (plain, pulled)]
    assert ends[0] == ends[1] != pytest.approx(0.3)
    assert len(plain.network.select_weights()) == 2


LOSSES: list[dict[str, Any]] = [
    {"kind": "mse"},
    {"kind": "mae"},
    {"kind": "huber", "delta": 0.7},
    {"kind": "cross_entropy"},
]


@pytest.mark.parametrize("data", LOSSES, ids=name)
@covers(*(f"losses.{data['kind']}" for data in LOSSES))
def test_losses(data: dict[str, Any]) -> None:
    part = catalogue(Loss)[data["kind"]].model_validate(data)
    outputs = torch.randn(50, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(3)) * 2
    targets = part.encode_targets(torch.arange(50) % 4, 4)
    got = part.build()(outputs, targets)
    torch.testing.assert_close(got, twin.loss_of(part, outputs, targets), rtol=1e-12, atol=0)


def test_losses_of_one_number() -> None:
    """Values that can be checked in the head."""
    outputs, targets = torch.tensor([[3.0], [0.5]]), torch.tensor([[0.0], [0.0]])
    values = {"mse": (9 + 0.25) / 2, "mae": 1.75, "huber": (1 * (3 - 0.5) + 0.125) / 2}
    for kind, expected in values.items():
        assert catalogue(Loss)[kind]().build()(outputs, targets).item() == pytest.approx(expected)
    even = catalogue(Loss)["cross_entropy"]().build()(torch.zeros(2, 10), torch.tensor([1, 7]))
    assert even.item() == pytest.approx(math.log(10))
