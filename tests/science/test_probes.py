from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from engine.experiment.edits import Edit
from engine.experiment.experiment import Experiment
from engine.parts.probes import sample_evenly
from engine.parts.probes.activation_histogram import ActivationHistogram
from engine.training.trainer import Trainer
from tests.science.measured import Sample, close, norm, sample
from tests.science.references import covers

OPTIMIZERS: dict[str, dict[str, Any]] = {
    "sgd": {"kind": "sgd", "lr": 0.1},
    "momentum": {"kind": "sgd", "lr": 0.03, "momentum": 0.9},
    "nesterov": {"kind": "sgd", "lr": 0.03, "momentum": 0.9, "nesterov": True},
    "adam": {"kind": "adam", "lr": 0.01},
    "adamw": {"kind": "adamw", "lr": 0.01, "weight_decay": 0.3},
}
CLIP = {"kind": "clip_norm", "threshold": 0.05}
RULES = {
    "clip": [CLIP],
    "clip_l1_l2": [CLIP, {"kind": "l1", "strength": 0.003}, {"kind": "l2", "strength": 0.02}],
    "penalties": [{"kind": "l1", "strength": 0.003}, {"kind": "l2", "strength": 0.02}],
}
RELU, TANH = {"kind": "relu"}, {"kind": "tanh"}
NETWORKS: dict[str, dict[str, Any]] = {
    "plane": {
        "data": {"kind": "circle", "samples": 400, "noise": 0.1},
        "preprocessing": [{"kind": "standardize"}],
        "network": [
            {"kind": "dense", "width": 12, "activation": TANH},
            {"kind": "dense", "width": 9, "activation": RELU},
        ],
        "batch_size": 16,
    },
    "images": {
        "data": {"kind": "digits", "layout": "image"},
        "network": [
            {"kind": "conv2d", "filters": 4, "padding": 1, "activation": {"kind": "identity"}},
            {"kind": "batch_norm"},
            {"kind": "activation", "function": RELU},
            {"kind": "max_pool"},
            {"kind": "conv2d", "filters": 6, "activation": TANH},
            {"kind": "average_pool"},
            {"kind": "flatten"},
            {"kind": "dense", "width": 10, "activation": {"kind": "sigmoid"}},
        ],
        "initializer": {"kind": "he_normal"},
        "batch_size": 32,
    },
}


def experiment(network: str, optimizer: str, rules: str, **more: Any) -> Experiment:
    """One cell of the grid."""
    data = {**NETWORKS[network], "optimizer": OPTIMIZERS[optimizer], "regularizers": RULES[rules], "device": "cpu"}
    return Experiment.from_dict({**data, **more})


@pytest.fixture(scope="module", params=[(n, o, r) for n in NETWORKS for o in OPTIMIZERS for r in RULES], ids="-".join)
def taken(request: pytest.FixtureRequest) -> Sample:
    network, optimizer, rules = request.param
    found = sample(experiment(network, optimizer, rules), at=10)
    assert found.step.clipped == (rules != "penalties"), "the case does not test what it is for"
    return found


def test_loss_and_learning_rate(taken: Sample) -> None:
    close(taken.frame.readings["loss"], [taken.step.loss], 1e-5)
    close(taken.frame.readings["lr"], [taken.trainer.experiment.optimizer.settings["lr"]], 1e-7)


@covers("probes.gradient_norm")
def test_gradient_norm_is_of_the_penalized_gradient_before_clipping(taken: Sample) -> None:
    expected = [norm(taken.step.gradients[place]) for place in taken.weighted()]
    close(taken.frame.readings["gradient_norm"], expected, 1e-4)
    assert len(taken.series("gradient_norm")) == len(expected)


@covers("probes.weight_norm")
def test_weight_norm_is_of_the_weights_before_the_step(taken: Sample) -> None:
    expected = [norm(taken.before[place][key]) for place, key in taken.weighted()]
    close(taken.frame.readings["weight_norm"], expected, 2e-6)


@covers("probes.update_ratio")
def test_update_ratio_is_the_change_that_the_formula_makes(taken: Sample) -> None:
    moved = [norm(taken.step.after[p][k] - taken.before[p][k]) / norm(taken.before[p][k]) for p, k in taken.weighted()]
    close(taken.frame.readings["update_ratio"], moved, 1e-3)


def test_update_ratio_is_the_change_that_was_made(taken: Sample) -> None:
    moved = [norm(taken.after[p][k] - taken.before[p][k]) / norm(taken.before[p][k]) for p, k in taken.weighted()]
    close(taken.frame.readings["update_ratio"], moved, 2e-6)


@covers(
    *(
        f"blocks.{kind}"
        for kind in ("dense", "conv2d", "max_pool", "average_pool", "flatten", "batch_norm", "activation")
    )
)
def test_every_weight_is_where_the_formula_puts_it(taken: Sample) -> None:
    compared = 0
    for place, (own, twins) in enumerate(zip(taken.after, taken.step.after, strict=True)):
        for key in own.keys() - {"num_batches_tracked"}:
            gradient = taken.step.gradients.get((place, key))
            if gradient is not None and norm(gradient) < 1e-12:
                continue  # a bias before batch normalization: its gradient is zero, float32's is noise
            torch.testing.assert_close(own[key], twins[key].detach(), rtol=1e-4, atol=1e-5)
            compared += 1
    assert compared >= 6


@covers("probes.activation_mean", "probes.activation_std")
def test_mean_and_deviation(taken: Sample) -> None:
    values = taken.observed(probe_batch(taken))
    close(taken.frame.readings["activation_mean"], [float(v.mean()) for v in values], 1e-4, 1e-6)
    spread = [float(((v - v.mean()) ** 2).mean().sqrt()) for v in values]
    close(taken.frame.readings["activation_std"], spread, 1e-4)


@covers("probes.dead")
def test_dead_units(taken: Sample) -> None:
    def share(values: Tensor) -> float:
        units = values.transpose(0, 1).flatten(1)
        return sum(bool((unit == 0).all()) for unit in units) / len(units)

    close(taken.frame.readings["dead"], [share(v) for v in taken.observed(probe_batch(taken))], 1e-6, 1e-7)


@covers("probes.saturated")
def test_saturated_outputs(taken: Sample) -> None:
    reading = taken.frame.readings["saturated"]
    flat = saturated_shares(taken)
    for name, got, bounds in zip(taken.series("saturated"), reading, flat, strict=True):
        if bounds is None:
            assert np.isnan(got), name
        else:
            assert bounds[0] - 1e-6 <= got <= bounds[1] + 1e-6, name


@covers("probes.activation_histogram")
def test_histogram(taken: Sample) -> None:
    for row, values in zip(
        taken.frame.readings["activation_histogram"], taken.observed(probe_batch(taken)), strict=True
    ):
        check_histogram(row, values.reshape(-1), values[0].numel())


def test_the_histogram_ends_where_the_values_do() -> None:
    """An outlier that the sample of 1 024 misses is in the range, and every value that is counted lies inside."""
    values = torch.rand(256, 40)
    values[7, 3], values[9, 5] = -50.0, 70.0
    assert not {-50.0, 70.0} & set(sample_evenly(values, 1024).tolist()), "the sample meets them: choose others"
    row = ActivationHistogram._row(values)
    assert row[:2].tolist() == [-50.0, 70.0]
    counted = np.histogram(sample_evenly(values, 1024).double().numpy(), 32, (-50.0, 70.0))[0]
    assert row[2:].tolist() == counted.tolist()


def probe_batch(taken: Sample) -> Tensor:
    """At most 256 examples of the training split, the first ones."""
    return taken.trainer.data.train_x[:256]


def saturated_shares(taken: Sample) -> list[tuple[float, float] | None]:
    """For each layer the share of outputs with f′ under 5 % of its maximum; two numbers, for float32 at the border."""
    slopes: dict[str, tuple[Callable[[Tensor], Tensor], float]] = {
        "tanh": (lambda h: 1 - h**2, 1.0),
        "sigmoid": (lambda h: h * (1 - h), 0.25),
    }
    slopes["relu"] = (lambda h: (h > 0).to(torch.float64), 1.0)
    kinds = [getattr(block, "activation", getattr(block, "function", None)) for block in watched_blocks(taken)]
    shares: list[tuple[float, float] | None] = []
    for kind, values in zip(kinds, taken.observed(probe_batch(taken)), strict=True):
        if kind is None or kind.name() not in slopes:
            shares.append(None)
            continue
        slope, largest = slopes[kind.name()]
        ratio = slope(values) / largest
        low, high = ((ratio < border).to(torch.float64).mean() for border in (0.05 - 1e-5, 0.05 + 1e-5))
        shares.append((float(low), float(high)))
    return shares


def watched_blocks(taken: Sample) -> list[Any]:
    """The blocks that the activation instruments watch; the output layer has no activation."""
    kept = [b for b in taken.trainer.experiment.network if b.name() in ("dense", "conv2d", "batch_norm", "activation")]
    return [*kept, None]


def test_the_sample_meets_every_unit() -> None:
    """256 examples of 64 units: every 16th value would always be of the same four."""
    units = torch.arange(64.0).repeat(256, 1)
    found = sample_evenly(units, 1024)
    assert len(found) <= 1024
    assert found.unique().tolist() == list(range(64))  # type: ignore[no-untyped-call]
    assert torch.equal(sample_evenly(units[:3], 1024), units[:3].reshape(-1))


def check_histogram(row: np.ndarray, flat: Tensor, each: int) -> None:
    """Lowest and highest of all, and for each edge how many of the sample lie below it; numbers on an edge may fall to
    either side."""
    stride = next(s for s in itertools.count(-(-len(flat) // 1024)) if s == 1 or math.gcd(s, each) == 1)
    values = flat[::stride].numpy()
    low, high = float(flat.min()), float(flat.max())
    close(row[:2], [low, high], 1e-4, 1e-6)
    assert row.shape == (34,)
    assert row[2:].sum() == len(values)
    edges = low + (high - low) * np.arange(1, 32) / 32
    slack = 1e-5 * (high - low) + 1e-6
    below = np.cumsum(row[2:])[:-1]
    least = (values[:, None] < edges - slack).sum(0)
    most = (values[:, None] < edges + slack).sum(0)
    assert (least <= below).all()
    assert (below <= most).all()
    assert (most - least).max() < 0.2 * len(values), "the slack must not excuse everything"


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("network", NETWORKS)
def test_ratio_after_edits_in_mid_run(network: str, optimizer: str) -> None:
    def meddle(trainer: Trainer) -> None:
        trainer.edit(Edit(path="optimizer.lr", value=0.2))
        trainer.edit(Edit(path="optimizer.momentum", value=0.5))
        trainer.edit(Edit(path="regularizers.l2", value=0.3))

    found = sample(experiment(network, optimizer, "penalties"), at=8, meddle=meddle)
    assert found.trainer.experiment.optimizer.settings["lr"] == 0.2
    moved = [norm(found.step.after[p][k] - found.before[p][k]) / norm(found.before[p][k]) for p, k in found.weighted()]
    close(found.frame.readings["update_ratio"], moved, 1e-3)
    close(found.frame.readings["lr"], [0.2], 1e-7)


def test_ratio_of_weights_that_are_all_zero_is_not_a_number() -> None:
    start = experiment("plane", "sgd", "clip", initializer={"kind": "zeros"})
    frame = Trainer(start).advance(deadline=0.0).frames[0]
    assert np.isnan(frame.readings["update_ratio"]).all()
    assert (frame.readings["weight_norm"] == 0).all()


@covers("probes.near_zero")
def test_share_of_weights_near_zero(taken: Sample) -> None:
    expected = [
        float((taken.after[place][key].abs() < 1e-3).to(torch.float64).mean()) for place, key in taken.weighted()
    ]
    close(taken.frame.readings["near_zero"], expected, 1e-6, 1e-7)


def test_a_lasso_drives_weights_to_zero() -> None:
    """With L1 most weights of the first layer end near zero, without it hardly any."""
    shares = []
    for strength in (0.0, 0.009):
        rules = [{"kind": "l1", "strength": strength}]
        trainer = Trainer(experiment("plane", "sgd", "clip", regularizers=rules, steps=2000))
        frame = trainer.advance(deadline=math.inf).frames[-1]
        assert frame.step == 2000
        shares.append(float(frame.readings["near_zero"][0]))
    assert shares[0] < 0.05
    assert shares[1] > 0.5
