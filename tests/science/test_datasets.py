"""Data sets against the rules that TensorFlow Playground publishes for them, restated here from its description."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn import datasets as reference

from engine.catalogue.part import catalogue
from engine.data.dataset_cache import DatasetCache
from engine.examples import Examples
from engine.parts.datasets import Dataset
from engine.parts.datasets.moons import Moons
from tests.science.references import covers


def load(kind: str, seed: int = 0, **settings: Any) -> Examples:
    """The examples of a data set."""
    part: Dataset = catalogue(Dataset)[kind].model_validate({"kind": kind, **settings})
    return part.load(seed)


@covers("datasets.circle")
def test_circle_is_a_disc_in_a_ring() -> None:
    found = load("circle", samples=2000)
    radius = np.hypot(*found.x.T)
    inner = found.y == 1
    assert inner.sum() == 1000
    assert radius[inner].max() < 2.5
    assert radius[~inner].min() >= 3.5
    assert radius[~inner].max() <= 5
    # the radius is uniform, not the area: quartiles are evenly spaced
    np.testing.assert_allclose(np.quantile(radius[inner], [0.25, 0.5, 0.75]), [0.625, 1.25, 1.875], atol=0.12)
    np.testing.assert_allclose(np.quantile(radius[~inner], [0.25, 0.5, 0.75]), [3.875, 4.25, 4.625], atol=0.08)
    angle = np.arctan2(*found.x.T)
    assert np.abs(np.exp(1j * angle).mean()) < 4 / math.sqrt(2000)


def test_noise_of_circle_and_xor_blurs_labels_and_leaves_points() -> None:
    for kind in ("circle", "xor"):
        calm, noisy = load(kind, samples=2000), load(kind, samples=2000, noise=0.5)
        np.testing.assert_array_equal(calm.x, noisy.x)
        wrong = (calm.y != noisy.y).mean()
        assert 0.05 < wrong < 0.4
        few = (load(kind, samples=2000, noise=0.1).y != calm.y).mean()
        assert few < wrong


@covers("datasets.xor")
def test_xor_is_the_sign_of_the_product_with_a_gap() -> None:
    found = load("xor", samples=2000)
    np.testing.assert_array_equal(found.y, found.x[:, 0] * found.x[:, 1] >= 0)
    size = np.abs(found.x)
    assert size.min() >= 0.3
    assert size.max() <= 5.3
    assert size.max() > 5.2
    quadrants = {(bool(a), bool(b)) for a, b in found.x > 0}
    assert len(quadrants) == 4
    assert abs(found.y.mean() - 0.5) < 4 * 0.5 / math.sqrt(2000)


@pytest.mark.parametrize(("noise", "variance"), [(0.0, 0.5), (0.25, 2.25), (0.5, 4.0)])
@covers("datasets.gaussians")
def test_gaussians_and_their_variance(noise: float, variance: float) -> None:
    found = load("gaussians", samples=4000, noise=noise)
    for label, center in ((1, 2.0), (0, -2.0)):
        cloud = found.x[found.y == label].astype(np.float64)
        assert len(cloud) == 2000
        np.testing.assert_allclose(cloud.mean(0), center, atol=4 * math.sqrt(variance / 2000))
        np.testing.assert_allclose(cloud.var(0), variance, rtol=4 * math.sqrt(2 / 2000))
        assert abs(np.corrcoef(cloud.T)[0, 1]) < 4 / math.sqrt(2000)


@covers("datasets.spiral")
def test_spiral_arms_follow_their_formula() -> None:
    """r = 5 i/n, angle = 1.75 · 2π · i/n + 0 or π, point (r sin, r cos)."""
    found = load("spiral", samples=600)
    for label, turn in ((1, 0.0), (0, math.pi)):
        arm = found.x[found.y == label]
        assert len(arm) == 300
        for i, point in enumerate(arm):
            angle = 1.75 * 2 * math.pi * i / 300 + turn
            np.testing.assert_allclose(point, [5 * i / 300 * math.sin(angle), 5 * i / 300 * math.cos(angle)], atol=1e-5)


def test_noise_scatters_the_spiral_uniformly() -> None:
    off = (load("spiral", samples=2000, noise=0.5).x - load("spiral", samples=2000).x).astype(np.float64)
    assert np.abs(off).max() <= 0.5
    np.testing.assert_allclose(off.var(0), 0.25 / 3, rtol=0.1)
    np.testing.assert_allclose(off.mean(0), 0, atol=4 * math.sqrt(0.25 / 3 / 2000))


@covers("datasets.plane")
def test_plane_is_a_tilted_plane() -> None:
    found = load("plane", samples=1000)
    np.testing.assert_allclose(found.y[:, 0], found.x.sum(1) / 10, atol=1e-6)
    assert np.abs(found.x).max() <= 6
    assert np.abs(found.x).max() > 5.9
    noisy = load("plane", samples=1000, noise=0.5)
    np.testing.assert_array_equal(noisy.x, found.x)
    off = (noisy.y - found.y)[:, 0]
    # each coordinate moves by U(−3, 3): the target by two of them over ten
    assert off.var() == pytest.approx(2 * 3 / 100, rel=0.15)


TRUTHS: dict[str, Callable[[float], float]] = {
    "sine": lambda x: math.sin(2 * x),
    "step": lambda x: (x > 0) - (x < 0),
    "bump": lambda x: 2 * math.exp(-4 * x * x) - 1,
    "sawtooth": lambda x: (x + 1) % 2 - 1,
}


@pytest.mark.parametrize("function", TRUTHS)
@covers("datasets.curve")
def test_curve(function: str) -> None:
    found = load("curve", function=function, samples=500, noise=0.0)
    expected = [TRUTHS[function](float(x)) for x in found.x[:, 0]]
    np.testing.assert_allclose(found.y[:, 0], expected, atol=2e-6)
    assert np.abs(found.x).max() <= 3
    noisy = load("curve", function=function, samples=5000, noise=0.3)
    off = noisy.y - load("curve", function=function, samples=5000, noise=0.0).y
    assert off.std() == pytest.approx(0.3, rel=0.05)


@pytest.mark.parametrize(
    ("kind", "loader", "options"),
    [
        ("iris", "load_iris", {}),
        ("wine", "load_wine", {}),
        ("breast_cancer", "load_breast_cancer", {}),
        ("diabetes", "load_diabetes", {"scaled": False}),
        ("digits", "load_digits", {}),
    ],
)
@covers(*(f"datasets.{kind}" for kind in ("digits", "iris", "wine", "breast_cancer", "diabetes")))
def test_real_data_is_as_scikit_learn_has_it(kind: str, loader: str, options: dict[str, Any]) -> None:
    bunch = getattr(reference, loader)(**options)
    found = load(kind)
    scale = 16 if kind == "digits" else 1
    np.testing.assert_allclose(found.x * scale, bunch.data, rtol=1e-6)
    np.testing.assert_allclose(found.y.reshape(len(found.y)), bunch.target, rtol=1e-6)
    assert found.outputs == (1 if kind == "diabetes" else len(bunch.target_names))


def test_digits_as_images() -> None:
    images, vectors = load("digits", layout="image"), load("digits", layout="vector")
    assert images.x.shape == (1797, 1, 8, 8)
    np.testing.assert_array_equal(images.x.reshape(1797, 64), vectors.x)
    assert images.x.min() == 0
    assert images.x.max() == 1


@pytest.mark.parametrize("kind", ["circle", "xor", "gaussians", "spiral"])
def test_points_lie_within_the_plot(kind: str) -> None:
    found = load(kind, samples=500)
    assert found.extent == (-6, 6, -6, 6)
    assert np.abs(found.x).max() < 6


def test_what_is_kept_is_bounded_by_bytes() -> None:
    one = Moons(samples=1000).load(0)
    shelf = DatasetCache(limit=int(2.5 * (one.x.nbytes + one.y.nbytes)))
    first = shelf(Moons(samples=1000), 0)
    assert shelf(Moons(samples=1000), 0) is first
    shelf(Moons(samples=1000), 1)
    assert shelf(Moons(samples=1000), 0) is first, "the last one asked for"
    shelf(Moons(samples=1000), 2)
    assert [seed for _, seed in shelf.entries] == [0, 2]
    shelf(Moons(samples=5000), 0)
    assert [data.samples for data, _ in shelf.entries] == [5000], "too large, and yet kept"  # type: ignore[attr-defined]
    shelf.cache_clear()
    assert shelf(Moons(samples=1000), 0) is not first
