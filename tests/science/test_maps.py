"""The output over the input space, and every unit's map, against the twin."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from engine.catalogue.part import catalogue
from engine.experiment.experiment import Experiment
from engine.parts.datasets import Dataset
from tests.science import twin
from tests.science.measured import Sample, close, sample
from tests.science.references import covers
from tests.torch_modules import module_of

TANH, RELU = {"kind": "tanh"}, {"kind": "relu"}
LAYERS = [{"kind": "dense", "width": 7, "activation": TANH}, {"kind": "dense", "width": 5, "activation": RELU}]
NORMED = [{"kind": "dense", "width": 6}, {"kind": "batch_norm"}, {"kind": "activation", "function": TANH}]
CASES: dict[str, dict[str, Any]] = {
    "classes": {"data": {"kind": "spiral"}, "loss": {"kind": "cross_entropy"}, "network": LAYERS},
    "standardized": {"data": {"kind": "gaussians", "noise": 0.4}, "preprocessing": [{"kind": "standardize"}]},
    "classes_by_mse": {"data": {"kind": "xor"}, "loss": {"kind": "mse"}, "network": LAYERS},
    "regression": {"data": {"kind": "plane", "noise": 0.2}, "loss": {"kind": "huber", "delta": 0.3}},
    "target": {"data": {"kind": "plane"}, "loss": {"kind": "mae"}, "preprocessing": [{"kind": "standardize_target"}]},
    "normed": {"data": {"kind": "circle"}, "network": NORMED, "initializer": {"kind": "he_uniform"}},
}
SIDE = 46


def taken(case: dict[str, Any]) -> Sample:
    """Step 9 of a case."""
    data = {"network": LAYERS, "optimizer": {"kind": "adam", "lr": 0.02}, "device": "cpu", **case}
    return sample(Experiment.from_dict(data), at=9)


def raw_inputs(found: Sample) -> np.ndarray:
    """The inputs of the training split before preprocessing, from the static frame's points."""
    points = found.trainer.static.readings["points"]
    return np.asarray(points[points[:, 3] == 0][:, : found.trainer.data.in_shape[0]], np.float64)


def prepared(found: Sample, raw: np.ndarray) -> torch.Tensor:
    """Points of the input space as the network sees them."""
    if any(t.name() == "standardize" for t in found.trainer.experiment.preprocessing):
        inputs = raw_inputs(found)
        raw = (raw - inputs.mean(0)) / inputs.std(0)
    return torch.from_numpy(raw)


def grid(extent: tuple[float, ...]) -> np.ndarray:
    """Row by row from the lowest second coordinate, (SIDE², 2)."""
    first = np.linspace(extent[0], extent[1], SIDE)
    second = np.linspace(extent[2], extent[3], SIDE)
    return np.array([(x, y) for y in second for x in first])


def outputs_on(found: Sample, raw: np.ndarray) -> torch.Tensor:
    """The twin's outputs."""
    blocks = twin.blocks_of(found.trainer.experiment, found.trainer.data.source.outputs)
    return twin.forward(blocks, found.after, prepared(found, raw))[-1]


@pytest.mark.parametrize("name", CASES)
@covers("probes.output")
def test_output_over_the_plane(name: str) -> None:
    found = taken(CASES[name])
    (channel,) = (channel for channel in found.trainer.channels if channel.key == "output")
    assert channel.extent is not None
    outputs = outputs_on(found, grid(channel.extent))
    if found.trainer.data.source.task == "regression":
        scale = outputs.abs().max()
        values = outputs[:, 0] / scale
    elif found.trainer.experiment.loss.name() == "cross_entropy":
        scale, values = torch.ones(()), torch.tanh((outputs[:, 1] - outputs[:, 0]) / 2)  # p₁ − p₀ of a softmax of two
    else:
        scale = torch.ones(())
        values = outputs[:, 1].clamp(0, 1) - outputs[:, 0].clamp(0, 1)
    close(found.frame.readings["output_scale"], [float(scale)], 1e-4)
    got = found.frame.readings["output"].astype(np.int64)
    expected = np.rint((values * 127).numpy()).astype(np.int64).reshape(1, SIDE, SIDE)
    assert got.shape == expected.shape
    assert np.abs(got - expected).max() <= 1
    assert (got == expected).mean() > 0.98
    assert expected.min() < expected.max(), "a constant map would prove nothing"


@pytest.mark.parametrize("name", CASES)
@covers("probes.units")
def test_every_unit_over_the_plane(name: str) -> None:
    found = taken(CASES[name])
    (channel,) = (channel for channel in found.trainer.channels if channel.key == "units")
    assert channel.extent is not None
    layers = found.observed(prepared(found, grid(channel.extent)))
    expected = torch.cat(layers, 1).T.reshape(-1, SIDE, SIDE)[:, ::3, ::3]
    largest = expected.abs().flatten(1).max(1).values
    close(found.frame.readings["units_scale"], largest.clamp_min(1e-12), 1e-4, 1e-6)
    got = found.frame.readings["units"].astype(np.int64)
    whole = np.rint((expected / largest.clamp_min(1e-12)[:, None, None] * 127).numpy()).astype(np.int64)
    assert got.shape == whole.shape
    assert np.abs(got - whole).max() <= 1
    assert (got == whole).mean() > 0.98
    assert len(channel.series) == len(got)
    assert channel.series[0].startswith("1 ")
    assert channel.series[-1] == "output"


@pytest.mark.parametrize("name", sorted(set(CASES) - {"normed"}))
@covers("probes.weights")
def test_weights_between_units(name: str) -> None:
    found = taken(CASES[name])
    matrices = [found.after[place][key] for place, key in found.weighted()]
    scales = torch.stack([matrix.abs().max() for matrix in matrices])
    close(found.frame.readings["weights_scale"], scales, 1e-6)
    expected = torch.cat([(m / scale * 127).flatten() for m, scale in zip(matrices, scales, strict=True)])
    got = found.frame.readings["weights"].astype(np.float64)
    assert got.shape == expected.shape
    assert np.abs(got - expected.numpy()).max() <= 0.5 + 1e-4
    assert found.series("weights") == ("1 dense", "2 dense", "output")


def test_links_are_not_shown_where_they_could_not_be_told_apart() -> None:
    keys = taken(CASES["normed"]).frame.readings.keys()
    assert "weights" not in keys
    wide = [{"kind": "dense", "width": 63}, {"kind": "dense", "width": 63}]
    assert "weights" not in taken({"data": {"kind": "xor"}, "network": wide}).frame.readings


def test_units_beyond_the_limit_are_an_even_share_of_each_layer() -> None:
    wide = [{"kind": "dense", "width": 700, "activation": TANH}, {"kind": "dense", "width": 600}]
    found = taken({"data": {"kind": "xor"}, "network": wide})
    names = found.series("units")
    assert names == ("1 dense",) * 341 + ("2 dense",) * 341 + ("output",) * 2
    (channel,) = (channel for channel in found.trainer.channels if channel.key == "units")
    assert channel.extent is not None
    side = round(found.frame.readings["output"].shape[1])
    first = np.linspace(channel.extent[0], channel.extent[1], side)
    points = torch.from_numpy(np.array([(x, y) for y in first for x in first]))
    second = found.observed(points)[1][:, :341].T.reshape(-1, side, side)[:, ::3, ::3]
    close(found.frame.readings["units_scale"][341:682], second.abs().flatten(1).max(1).values, 1e-3, 1e-5)


@pytest.mark.parametrize("loss", [{"kind": "mse"}, {"kind": "mae"}, {"kind": "huber", "delta": 0.2}])
def test_curve_of_one_input(loss: dict[str, Any]) -> None:
    found = taken({"data": {"kind": "curve", "function": "sawtooth"}, "loss": loss})
    (channel,) = (channel for channel in found.trainer.channels if channel.mark == "curve")
    assert channel.extent is not None
    expected = outputs_on(found, np.linspace(channel.extent[0], channel.extent[1], 200)[:, None])[:, 0]
    close(found.frame.readings[channel.key], expected, 1e-4, 1e-5)
    assert not {"output", "units"} & found.frame.readings.keys()
    close(found.frame.readings["loss"], [found.step.loss], 1e-5)


def test_rows_and_columns_are_not_mixed_up() -> None:
    """A network that only knows the first coordinate changes from column to column, not from row to row."""
    found = taken(CASES["classes"])
    with torch.no_grad():
        module_of(found.trainer.network.stages[0])[0].weight[:, 1] = 0
    maps = found.trainer.capture.take_readings()["output"][0].to(torch.int64)
    assert (maps == maps[0]).all()
    assert (maps[0] != maps[0, 0]).any()


@pytest.mark.parametrize("kind", sorted(catalogue(Dataset)))
@covers("datasets.points")
def test_points_are_the_examples_with_their_split(kind: str) -> None:
    loss = {"kind": "mse"}
    trainer = sample(
        Experiment.from_dict({"data": {"kind": kind}, "loss": loss, "network": [{"kind": "flatten"}], "batch_size": 2}),
        2,
    ).trainer
    source, points = trainer.data.source, trainer.static.readings.get("points")
    if source.extent is None:
        assert points is None
        return
    assert points is not None
    assert points.shape == (len(source.x), 4)
    assert int(points[:, 3].sum()) == len(trainer.data.validation_x) == round(len(source.x) / 2)
    np.testing.assert_array_equal(points[:, 0], source.x[:, 0])
    second = source.x[:, 1] if source.x.shape[1] == 2 else source.y[:, 0]
    np.testing.assert_array_equal(points[:, 1], second)
    held = trainer.data.validation_x.numpy()
    assert {tuple(row) for row in held} == {tuple(row) for row in source.x[points[:, 3] == 1]}
