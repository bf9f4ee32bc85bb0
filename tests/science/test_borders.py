"""Zeros around a convolution, noise on parameters, penalties of chosen layers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from engine.errors import InvalidExperiment
from engine.experiment.edits import Edit
from engine.experiment.experiment import Experiment
from engine.network.build import Network, build
from engine.preview.preview import preview
from engine.training.trainer import Trainer
from tests.science.references import covers

IMAGE = [[3, 1, 0, 2, 1, 0], [2, 0, 1, 3, 2, 1], [0, 1, 2, 1, 0, 3], [4, 0, 3, 2, 2, 1], [1, 1, 0, 1, 0, 1]]
IMAGE = [*IMAGE, [3, 2, 1, 0, 2, 1]]
FILTER = [[1.0, 0.0, -1.0]] * 3


def convolved(**fields: Any) -> np.ndarray:
    """The image through one filter without bias, by a built block."""
    block = {"kind": "conv2d", "filters": 1, "activation": {"kind": "identity"}, **fields}
    network = build(Experiment.from_dict({"network": [block, {"kind": "flatten"}]}), (1, 6, 6), 2)
    with torch.no_grad():
        weight = network.stages[0].weights[0].tensor
        assert weight is not None
        weight.copy_(torch.tensor(FILTER))
        return network.compute_outputs(torch.tensor([[IMAGE]], dtype=torch.float32))[0][0, 0].numpy()


def slid(x: np.ndarray, before: int, after: int, stride: int) -> np.ndarray:
    """The same by hand: every position of the filter over the padded image."""
    x = np.pad(x, (before, after))
    places = range(0, len(x) - 2, stride)
    return np.array([[(x[i : i + 3, j : j + 3] * FILTER).sum() for j in places] for i in places])


def test_the_class_example() -> None:
    found = convolved(border="valid")
    np.testing.assert_array_equal(found[:3], [[2, -4, 0, 2], [0, -5, 2, 1], [0, -2, 3, -1]])
    np.testing.assert_array_equal(convolved(border="valid", stride=2), [[2, 0], [0, 3]])


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize(("border", "p"), [("valid", 0), ("same", 1), ("full", 2), ("number", 1)])
def test_borders(border: str, p: int, stride: int) -> None:
    found = convolved(border=border, stride=stride, padding=1)
    assert len(found) == (6 - 3 + 2 * p) // stride + 1
    np.testing.assert_array_equal(found, slid(np.array(IMAGE), p, p, stride))


@pytest.mark.parametrize("kernel", [2, 3, 4, 5])
@pytest.mark.parametrize("kind", ["conv1d", "conv2d"])
def test_same_keeps_the_size_and_full_takes_every_overlap(kind: str, kernel: int) -> None:
    shape = (9, 2) if kind == "conv1d" else (2, 9, 9)
    for border, size in (("same", 9), ("full", 9 + kernel - 1), ("valid", 9 - kernel + 1)):
        block = {"kind": kind, "filters": 3, "kernel": kernel, "border": border}
        network = build(Experiment.from_dict({"network": [block, {"kind": "flatten"}]}), shape, 2)
        assert network.stages[0].out_shape == ((size, 3) if kind == "conv1d" else (3, size, size))


def test_old_documents_mean_what_they_meant() -> None:
    old = Experiment.from_dict({"network": [{"kind": "conv2d", "padding": 1}]})
    assert "border" not in old.to_json()


def plain(**more: Any) -> Experiment:
    network = [{"kind": "dense", "width": 4, "label": "a"}, {"kind": "dense", "width": 3}]
    value = {"data": {"kind": "circle"}, "network": network, "optimizer": {"kind": "sgd", "lr": 0.1}, "device": "cpu"}
    return Experiment.from_dict({**value, "batch_size": 16, "steps": 30, **more})


def weights(network: Network) -> list[np.ndarray]:
    """Every layer's matrix."""
    return [one.tensor.detach().double().numpy().copy() for s in network.weighted for one in s.weights]


@pytest.mark.parametrize("layers", ["2", "a", "a, output", "", "a:3, 2, output: 0.5"])
def test_a_penalty_of_chosen_layers(layers: str) -> None:
    free, bound = Trainer(plain()), Trainer(plain(regularizers=[{"kind": "l2", "strength": 0.5, "layers": layers}]))
    start = weights(bound.network)
    for trainer in (free, bound):
        trainer.advance(deadline=math.inf, until_step=1)
    chosen = {"2": [1], "a": [0], "a, output": [0, 2]}.get(layers, [0, 1, 2])
    multiple = [3, 1, 0.5] if ":" in layers else [1, 1, 1]
    for place, (was, loose, held) in enumerate(zip(start, weights(free.network), weights(bound.network), strict=True)):
        shrunk = (
            0.1 * 0.5 * multiple[place] * was if place in chosen else 0
        )  # loose is W − α∇L; held is (1 − αλ)W − α∇L
        np.testing.assert_allclose(held, loose - shrunk, rtol=1e-5, atol=1e-7)


def test_a_layer_that_is_not_there_is_refused() -> None:
    with pytest.raises(InvalidExperiment, match=r"regularizers\[0\] \(l1\): expected numbers or labels of layers"):
        preview(plain(regularizers=[{"kind": "l1", "layers": "9"}]))


@pytest.mark.parametrize("layers", ["1:", "1:x", "1:2:3", "1:-1", ":5", "1, :5"])
def test_a_multiple_that_is_no_number_is_refused(layers: str) -> None:
    with pytest.raises(InvalidExperiment, match=r"regularizers\[0\] \(l2\): expected layers with commas"):
        preview(plain(regularizers=[{"kind": "l2", "layers": layers}]))


@pytest.mark.parametrize("start", [preview, Trainer])
@pytest.mark.parametrize("layers", ["2", "2:3", "1, drop", "3"])
def test_a_layer_without_weights_is_refused(layers: str, start: Callable[[Experiment], object]) -> None:
    network = [{"kind": "dense"}, {"kind": "dropout", "label": "drop"}, {"kind": "batch_norm"}]
    with pytest.raises(InvalidExperiment, match=r"regularizers\[0\] \(l2\): expected layers with weights, which"):
        start(plain(network=network, regularizers=[{"kind": "l2", "layers": layers}]))


@pytest.mark.parametrize("start", [preview, Trainer])
@pytest.mark.parametrize("layers", ["1, 1:10", "1:10, a", "a, 1", "a, 3", "1, 3:2"])
def test_a_layer_that_is_named_twice_is_refused(layers: str, start: Callable[[Experiment], object]) -> None:
    network = [
        {"kind": "dense", "width": 2, "label": "a"},
        {"kind": "dense", "width": 2},
        {"kind": "shared", "of": "a"},
    ]
    with pytest.raises(InvalidExperiment, match=r"regularizers\[0\] \(l1\): expected every layer at most once"):
        start(plain(network=network, regularizers=[{"kind": "l1", "layers": layers}]))


def test_a_label_of_two_layers_is_refused() -> None:
    network = [{"kind": "dense", "label": "a"}, {"kind": "dense", "label": "a"}]
    with pytest.raises(InvalidExperiment, match=r"expected a label that one block has, received 'a'"):
        preview(plain(network=network, regularizers=[{"kind": "l1", "layers": "a"}]))
    preview(plain(network=network, regularizers=[{"kind": "l1", "layers": "1, 2"}]))


def test_a_number_comes_before_a_label() -> None:
    network = [{"kind": "dense", "width": 4, "label": label} for label in ("2", "output", "3")]
    experiment = plain(network=network)
    found = build(experiment, (2,), 2)
    for name, place in (("1", 0), ("2", 1), ("3", 2), ("output", 3)):
        (weight,) = found.select_weights((name,))
        assert weight is found.stages[place].weights[0].tensor


def test_a_live_strength_moves_every_multiple() -> None:
    rules = [{"kind": "l2", "strength": 0.001, "layers": "a:3, 2"}]
    edited, begun = Trainer(plain(regularizers=rules)), Trainer(plain(regularizers=[{**rules[0], "strength": 0.5}]))
    edited.edit(Edit(path="regularizers.l2", value=0.5))
    for trainer in (edited, begun):
        trainer.advance(deadline=math.inf, until_step=5)
    for one, other in zip(weights(edited.network), weights(begun.network), strict=True):
        np.testing.assert_array_equal(one, other)


@covers("regularizers.parameter_noise")
def test_noise_on_parameters_moves_the_gradient_and_not_the_weights() -> None:
    noisy = Trainer(plain(regularizers=[{"kind": "parameter_noise", "strength": 0.3}]))
    network, executor = noisy.network, noisy.learners[0].eager
    x, y = noisy.order.epoch_x[:16], noisy.order.epoch_y[:16]
    parameters = [p.detach().clone() for p in network.parameters()]
    generator = torch.Generator().manual_seed(77)
    disturbed = [p + 0.3 * torch.empty_like(p).normal_(generator=generator) for p in parameters]
    names = [name for name, _ in network.named_parameters()]
    outputs = torch.func.functional_call(network, dict(zip(names, disturbed, strict=True)), (x,))
    loss = executor.loss(outputs, y)
    value, _ = executor.step(x, y, 1.0, 77, None)
    assert value == pytest.approx(loss.item(), rel=1e-5), "the loss is that of the disturbed weights"
    for own in disturbed:
        own.requires_grad_()
    outputs = torch.func.functional_call(network, dict(zip(names, disturbed, strict=True)), (x,))
    slopes = torch.autograd.grad(executor.loss(outputs, y), disturbed)
    for was, now, slope in zip(parameters, network.parameters(), slopes, strict=True):
        torch.testing.assert_close(now.detach(), was - 0.1 * slope, rtol=1e-5, atol=1e-7)


def test_noise_spares_evaluation_and_can_be_turned_on_live() -> None:
    from engine.experiment.edits import Edit

    trainer = Trainer(plain())
    trainer.edit(Edit(path="regularizers.parameter_noise", value=0.2))
    trainer.advance(deadline=math.inf, until_step=3)
    x = trainer.validation_x
    trainer.network.eval()
    assert torch.equal(trainer.network(x), trainer.network(x))
    again = Trainer(plain(regularizers=[{"kind": "parameter_noise", "strength": 0.2}]))
    again.advance(deadline=math.inf, until_step=3)
    assert all(torch.equal(a, b) for a, b in zip(trainer.network.parameters(), again.network.parameters(), strict=True))
