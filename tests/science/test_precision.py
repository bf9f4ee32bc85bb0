"""Own tables keep float64 until preprocessing is done: against numpy, in units that float32 cannot follow."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from engine.catalogue.part import catalogue
from engine.data.before_after import compare_preprocessing
from engine.data.prepare import prepare
from engine.data.split import split_indices
from engine.errors import InvalidExperiment
from engine.examples import Examples
from engine.experiment.experiment import Experiment
from engine.parts.transforms import Transform
from engine.training.trainer import Trainer
from engine.uploads.ingest import ingest_upload
from pages.session.adapt_to_dataset import adapt_to_data, choose_preprocessing
from pages.session.thumbnails import sample_rows
from tests.export.running import expect_same, in_process, trained
from tests.science.references import covers

RNG = np.random.default_rng(11)
COUNT = 300
SECONDS = np.stack([1_700_000_003 + np.arange(COUNT), RNG.normal(0, 1, COUNT).round(3)], 1)
ENERGIES = np.stack([RNG.uniform(2e-19, 6e-19, COUNT), RNG.normal(0, 1, COUNT).round(3)], 1)
SALARIES = np.stack([RNG.normal(6e4, 1e4, COUNT).round(2), RNG.normal(0.05, 0.01, COUNT).round(5)], 1)
TINY = np.stack([RNG.normal(1, 1, COUNT) * 1e-180, RNG.normal(1, 1, COUNT) * 1e140], 1)
TABLES = {"seconds": SECONDS, "energies": ENERGIES, "salaries": SALARIES, "tiny": TINY}


@pytest.fixture(scope="module", autouse=True)
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("precision")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLAYGROUND_STORE", str(folder))
        yield folder


def experiment(x: np.ndarray, y: np.ndarray, task: str = "classification", **more: Any) -> Experiment:
    """An experiment on a table that came in as a CSV file."""
    head = [*(f"x{place}" for place in range(x.shape[1])), "y"]
    words = ["no", "yes"]
    cells = [
        [*map(repr, row.tolist()), words[int(aim)] if task == "classification" else repr(float(aim))]
        for row, aim in zip(x, y, strict=True)
    ]
    digest = ingest_upload("t.csv", "\n".join(map(",".join, [head, *cells])).encode())
    uses = "n" * x.shape[1] + "t"
    document = {
        "data": {"kind": "upload", "file": digest, "called": "t.csv", "uses": uses, "task": task},
        "network": [{"kind": "dense", "width": 4}],
        "device": "cpu",
        **more,
    }
    if task == "regression":
        document["loss"] = {"kind": "mse"}
    return Experiment.from_dict(document)


def half(x: np.ndarray) -> np.ndarray:
    """The upper half of the first column as a class."""
    return np.asarray(x[:, 0] > np.median(x[:, 0]), int)


def closed(kind: str, x: np.ndarray) -> np.ndarray:
    """What a step makes of its own training rows, by its formula."""
    mean, deviation = x.mean(0), np.abs(x - x.mean(0)).max(0)
    deviation = deviation * np.sqrt((((x - mean) / deviation) ** 2).mean(0))
    if kind == "min_max":
        return np.asarray((x - x.min(0)) / (x.max(0) - x.min(0)))
    return np.asarray((x - mean) / (deviation if kind != "center" else 1))


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("kind", ["standardize", "min_max", "center_channels"])
@covers("datasets.upload")
def test_inputs_in_any_unit_are_prepared_as_numpy_prepares_them(name: str, kind: str) -> None:
    x = TABLES[name]
    step = {"kind": kind, "divide": True} if kind == "center_channels" else {"kind": kind}
    found = prepare(experiment(x, half(x), preprocessing=[step]))
    own = x[split_indices(COUNT, 0.2, 0.0, 0).train] if found.splits is None else x[found.splits.train]
    expected = closed(kind, own)
    assert len(np.unique(found.train_x[:, 0])) == len(np.unique(own[:, 0]))
    np.testing.assert_allclose(found.train_x.numpy(), expected, atol=2e-6)
    assert found.train_x.dtype == torch.float32


def test_whitening_keeps_a_column_that_only_float64_resolves() -> None:
    found = prepare(experiment(SALARIES, half(SALARIES), preprocessing=[{"kind": "whitening", "epsilon": 0.0}]))
    z = found.train_x.double().numpy()
    np.testing.assert_allclose(np.cov(z.T, bias=True), np.eye(2), atol=1e-6)
    kept = prepare(experiment(SALARIES, half(SALARIES), preprocessing=[{"kind": "pca"}, {"kind": "standardize"}]))
    np.testing.assert_allclose(kept.train_x.double().numpy().std(0), 1, rtol=1e-6)


@pytest.mark.parametrize("turn_back", [False, True])
def test_a_direction_that_is_only_rounding_stays_away(turn_back: bool) -> None:
    """The third column follows from the others, the fourth is the same everywhere."""
    x = np.stack([*SECONDS.T, SECONDS[:, 0] * 0.3 + SECONDS[:, 1], np.full(COUNT, 0.1)], 1)
    steps = [{"kind": "whitening", "epsilon": 0.0, "turn_back": turn_back}, {"kind": "standardize"}]
    z = prepare(experiment(x, half(x), preprocessing=steps)).train_x.double().numpy()
    assert np.abs(z).max() < 20
    assert (z[:, -1] == 0).all()
    assert np.linalg.matrix_rank(z, tol=1e-3) == 2
    kept = prepare(experiment(x, half(x), preprocessing=[{"kind": "pca", "components": 4}, {"kind": "standardize"}]))
    assert np.linalg.matrix_rank(kept.train_x.double().numpy(), tol=1e-3) == 2


def test_a_column_that_varies_by_rounding_alone_is_only_centered() -> None:
    x = np.stack([np.where(np.arange(COUNT) % 2, 0.3, 0.1 + 0.2), RNG.normal(0, 1, COUNT)], 1)
    assert len(np.unique(x[:, 0])) == 2
    for kind in ("standardize", "min_max"):
        found = prepare(experiment(x, half(x[:, ::-1]), preprocessing=[{"kind": kind}]))
        assert np.abs(found.train_x[:, 0].numpy()).max() < 1e-15


def test_targets_far_from_zero_are_learned_and_judged_right() -> None:
    x = RNG.normal(0, 1, (COUNT, 2)).round(4)
    y = 1e8 + np.round(3 * np.tanh(x[:, 0]), 3)
    steps = [{"kind": "standardize"}, {"kind": "standardize_target"}]
    start = experiment(x, y, "regression", preprocessing=steps, steps=400, optimizer={"kind": "adam", "lr": 0.02})
    data = prepare(start)
    assert data.splits is not None
    own = y[data.splits.train]
    np.testing.assert_allclose(data.train_y[:, 0].numpy(), (own - own.mean()) / own.std(), atol=1e-5)
    trainer = Trainer(start)
    trainer.advance(deadline=math.inf)
    with torch.no_grad():
        said = trainer.network(data.validation_x).double().numpy()[:, 0] * own.std() + own.mean()
    held = y[data.splits.validation]
    right = 1 - ((said - held) ** 2).sum() / ((held - held.mean()) ** 2).sum()
    assert right > 0.95
    loss, metric = trainer.heads.evaluate(trainer.validation_x, trainer.validation_y).scores
    np.testing.assert_allclose([loss, metric], [((said - held) ** 2).mean() / own.var(), right], rtol=1e-3)


def test_targets_that_float32_cannot_tell_apart_are_refused_with_the_way_out() -> None:
    x = RNG.normal(0, 1, (COUNT, 2)).round(4)
    start = experiment(x, 1e8 + np.arange(COUNT) % 4, "regression")
    with pytest.raises(InvalidExperiment, match=r"^\$\.preprocessing: .*100000000…100000003.*standardize the target"):
        prepare(start)


def test_inputs_too_large_for_float32_are_refused_unless_preprocessing_makes_them_fit() -> None:
    with pytest.raises(InvalidExperiment, match=r"^\$\.preprocessing: expected inputs up to 1e\+30"):
        prepare(experiment(TINY, half(TINY)))
    prepare(experiment(TINY, half(TINY), preprocessing=[{"kind": "standardize"}]))


@pytest.mark.parametrize("name", ["seconds", "energies", "salaries"])
def test_an_exported_program_trains_with_the_same_numbers(name: str) -> None:
    x = TABLES[name]
    steps = [{"kind": "standardize"}, {"kind": "whitening", "epsilon": 0.0}]
    start = experiment(x, half(x), preprocessing=steps, steps=20)
    expect_same(in_process(start, 20), trained(start, 20))
    start = experiment(x, 1e8 + x[:, 1], "regression", preprocessing=[*steps, {"kind": "standardize_target"}])
    expect_same(in_process(start, 20), trained(start, 20))


def test_plots_stand_where_the_values_are() -> None:
    attack = {"kind": "fgsm", "budget": 0.5}
    steps = [{"kind": "standardize"}]
    for x in (SECONDS, ENERGIES, SALARIES):
        trainer = Trainer(experiment(x, half(x), preprocessing=steps, attack=attack, probes=[{"kind": "output"}]))
        points = trainer.static.readings["points"]
        np.testing.assert_array_equal(np.sort(points[:, 0]), np.sort(x[:, 0]))
        data = trainer.data
        plane = trainer.capture.plane
        assert data.splits is not None
        assert plane is not None
        own, held = x[data.splits.train], x[data.splits.validation]
        extent = np.array(data.source.extent).reshape(2, 2)
        grid = [np.linspace(low, high, round(len(plane) ** 0.5)) for low, high in extent]
        corners = np.stack(np.meshgrid(*grid), -1).reshape(-1, 2)
        expected = (corners - own.mean(0)) / own.std(0)
        np.testing.assert_allclose(plane.numpy(), expected, atol=1e-5)
        frame = trainer.advance(deadline=0.0).frames[0].readings["attack"]
        span = np.ptp(x, 0)
        np.testing.assert_allclose(frame[:, :2] / span, held[: len(frame)] / span, atol=1e-6)
        moved = np.abs(frame[:, 2:4] - frame[:, :2]) / own.std(0)
        there = moved.any(1)  # where all units are dead nothing moves
        assert there.mean() > 0.5
        np.testing.assert_allclose(moved[there], 0.5, atol=1e-4)


def test_thumbnails_show_tiny_and_far_values() -> None:
    for x in (SECONDS, ENERGIES, TINY):
        shown = np.array(sample_rows(x[:, 0], x[:, 1], np.zeros(COUNT)))
        assert len(np.unique(shown[:, 0])) > 60
        assert (shown[:, :2].min(), shown[:, :2].max()) == (0, 1)


def test_the_picture_before_preprocessing_shows_the_values_themselves() -> None:
    found = compare_preprocessing(experiment(SECONDS, half(SECONDS), preprocessing=[{"kind": "standardize"}]))
    assert set(found.before.values[:, 0]) <= set(SECONDS[:, 0])
    np.testing.assert_allclose(found.after.deviation, 1, rtol=1e-5)


def test_what_is_proposed_for_own_tables_lets_them_be_learned() -> None:
    far = Examples(SECONDS, (1e8 + SECONDS[:, 1:]), "regression")
    assert choose_preprocessing(far, own=True) == [{"kind": "standardize"}, {"kind": "standardize_target"}]
    small = Examples(ENERGIES[:, :1], half(ENERGIES), "classification", ("no", "yes"))
    assert choose_preprocessing(small, own=True) == [{"kind": "standardize"}]
    shares = Examples(np.eye(3)[np.arange(COUNT) % 3], half(ENERGIES), "classification", ("no", "yes"))
    assert choose_preprocessing(shares, own=True) == []
    assert adapt_to_data(Experiment().to_dict(), "diabetes")["preprocessing"] == [
        {"kind": "standardize"},
        {"kind": "standardize_target"},
    ]


@pytest.mark.parametrize("kind", ["standardize", "center", "min_max", "center_channels", "standardize_each"])
def test_what_came_as_float32_is_prepared_to_the_same_bits_as_ever(kind: str) -> None:
    """The formulas as they were when the first runs were stored."""
    x = RNG.normal(3, 2, (200, 5)).astype(np.float32)
    x[:, 4] = 0.1
    axis, mean = (1 if kind == "standardize_each" else 0), np.float64
    center, deviation = (f(x, axis=axis, dtype=mean, keepdims=True) for f in (np.mean, np.std))
    scale = np.where(deviation > 1e-12, deviation, 1)
    if kind in ("center", "center_channels"):
        scale = np.ones_like(scale)
    if kind == "min_max":
        center = x.min(0).astype(np.float64)
        scale = np.where(x.max(0) > x.min(0), x.max(0).astype(np.float64) - center, 1)
    found = catalogue(Transform)[kind]().fit(x)(x)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, ((x - center) / scale).astype(np.float32))
