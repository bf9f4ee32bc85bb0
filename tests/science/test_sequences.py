"""The rules of generated planes and sequences, restated, and what chance and a perfect answer reach."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.science.references import covers
from tests.science.test_datasets import load


@covers("datasets.moons")
def test_moons_are_two_half_circles() -> None:
    found = load("moons", samples=1000, noise=0.0)
    for label, center, side in ((1, (-1.5, -0.75), 1), (0, (1.5, 0.75), -1)):
        arc = found.x[found.y == label].astype(np.float64) - center
        assert len(arc) == 500
        np.testing.assert_allclose(np.hypot(*arc.T), 3, atol=1e-5)
        assert (side * arc[:, 1] >= -1e-6).all()
    off = load("moons", samples=5000, noise=0.2).x - load("moons", samples=5000, noise=0.0).x
    np.testing.assert_allclose(off.std(0), 0.6, rtol=0.05)


@pytest.mark.parametrize(("classes", "imbalance"), [(2, 1.0), (3, 1.0), (5, 10.0), (8, 100.0)])
@covers("datasets.blobs")
def test_blobs_lie_on_a_circle_in_the_sizes_asked_for(classes: int, imbalance: float) -> None:
    found = load("blobs", classes=classes, imbalance=imbalance, samples=4000, noise=0.1)
    sizes = np.bincount(found.y)
    assert (len(sizes), sizes.sum(), found.outputs) == (classes, 4000, classes)
    weights = np.array([imbalance ** (-c / (classes - 1)) for c in range(classes)])
    np.testing.assert_allclose(sizes, 4000 * weights / weights.sum(), atol=1)
    for c in range(classes):
        cloud, angle = found.x[found.y == c].astype(np.float64), 2 * math.pi * c / classes + math.pi / 2
        bound = 4 * 0.7 / math.sqrt(len(cloud))
        np.testing.assert_allclose(cloud.mean(0), [4 * math.cos(angle), 4 * math.sin(angle)], atol=bound)
    assert (found.x[found.y == 0] - found.x[found.y == 0].mean(0)).std() == pytest.approx(0.7, rel=0.1)
    assert len(set(load("blobs", classes=8, imbalance=100.0, samples=20).y)) == 8, "every class has examples"


@covers("datasets.multi_gaussian")
def test_hills_and_hollows() -> None:
    found = load("multi_gaussian", samples=3000)
    hills = {(-4, 2.5): 1, (0, 2.5): -1, (4, 2.5): 1, (-4, -2.5): -1, (0, -2.5): 1, (4, -2.5): -1}
    for point, target in zip(found.x.tolist(), found.y[:, 0].tolist(), strict=True):
        heights = [sign * max(0.0, 1 - math.dist(point, center) / 2) for center, sign in hills.items()]
        assert target == pytest.approx(max(heights, key=abs), abs=1e-5)


@covers("datasets.adding")
def test_adding_problem() -> None:
    found = load("adding", samples=8000, length=11)
    numbers, marks = found.x[..., 0].astype(np.float64), found.x[..., 1]
    np.testing.assert_array_equal(marks[:, :5].sum(1), 1)
    np.testing.assert_array_equal(marks[:, 5:].sum(1), 1)
    assert marks.sum(0).min() > 0, "each place is marked now and then"
    np.testing.assert_allclose(found.y[:, 0], (numbers * marks).sum(1), atol=1e-6)
    assert np.mean((found.y - 1.0) ** 2) == pytest.approx(1 / 6, rel=0.05)
    assert 0 <= numbers.min() < numbers.max() < 1 + 1e-7


@covers("datasets.noisy_sine")
def test_noisy_sine() -> None:
    """A sine's next value is 2 cos ω times its last minus the one before, so the noise-free rule can be checked."""
    calm = load("noisy_sine", noise=0.0, samples=500)
    wave = np.concatenate([calm.x[..., 0], calm.y], 1).astype(np.float64)  # (sequences, steps)
    before, now, after = wave[:, :-2], wave[:, 1:-1], wave[:, 2:]
    twice_cos = (now * (before + after)).sum(1) / (now**2).sum(1)
    np.testing.assert_allclose(after, twice_cos[:, None] * now - before, atol=1e-4)
    period = 2 * np.pi / np.arccos(twice_cos / 2)
    assert 9.99 < period.min() < 10.5
    assert 19.5 < period.max() < 20.01
    noisy = load("noisy_sine", noise=0.3, samples=5000)
    clean = load("noisy_sine", noise=0.0, samples=5000)
    assert np.mean(noisy.y.astype(np.float64) ** 2) == pytest.approx(0.5 + 0.09, rel=0.05)
    assert np.mean((noisy.y - clean.y) ** 2) == pytest.approx(0.09, rel=0.1), "what a perfect model is left with"


@covers("datasets.delayed_recall")
def test_delayed_recall() -> None:
    found = load("delayed_recall", samples=1000, symbols=5, delay=9, noise=0.3)
    assert found.x.shape == (1000, 10, 5)
    np.testing.assert_array_equal(found.x[:, 0], np.eye(5)[found.y])
    np.testing.assert_array_equal(np.bincount(found.y), 200)
    assert found.x[:, 1:].std() == pytest.approx(0.3, rel=0.02)
    later = found.x[:, 1:].argmax(2)
    assert abs((later == found.y[:, None]).mean() - 0.2) < 4 * math.sqrt(0.16 / later.size), "the rest says nothing"


@covers("datasets.heartbeats")
def test_heartbeats_differ_by_kind() -> None:
    found = load("heartbeats", samples=600, abnormal=0.4, noise=0.0)
    np.testing.assert_array_equal(np.bincount(found.y), [360, 120, 120])
    assert found.classes == ("normal", "atrial", "ventricular")
    normal, atrial, ventricular = (found.x[found.y == c, :, 0] for c in range(3))
    for beats in (normal, atrial):
        assert np.abs(beats.argmax(1) - 0.45 * 64).max() <= 4, "the R wave, moved by up to three steps"
    half = [(beats > beats.max(1, keepdims=True) / 2).sum(1).mean() for beats in (normal, ventricular)]
    assert half[1] > 2 * half[0], "a wide main wave"
    aligned = [np.stack([np.roll(b, 28 - int(b.argmax())) for b in beats]) for beats in (normal, atrial)]
    assert aligned[0][:, 14:18].max(1).min() > 0.08, "P"
    assert (aligned[1][:, 18:22].min(1) < -0.08).all(), "P upside down"
    assert ventricular[:, 40:52].mean() < -0.1 < 0.1 < normal[:, 40:50].mean(), "T inverted"
    few = load("heartbeats", samples=20, abnormal=0.02)
    assert np.bincount(few.y).tolist() == [18, 1, 1]


@covers("datasets.tokens")
def test_tokens_have_a_meaning_that_the_number_does_not_show() -> None:
    found = load("tokens", samples=4000, vocabulary=30, length=9)
    words = found.x.astype(np.int64)
    assert (words.min(), words.max(), found.vocabulary_size) == (0, 29, 30)
    counts = np.stack([(words == w).sum(1) for w in range(30)], 1)
    meaning = np.linalg.lstsq(counts.astype(np.float64), found.y - 0.5, rcond=None)[0]
    kinds = np.round(meaning / np.abs(meaning).max())  # recovered from the labels alone
    assert sorted(kinds.tolist()) == [-1] * 10 + [0] * 10 + [1] * 10
    np.testing.assert_array_equal(found.y, (kinds[words].sum(1) > 0).astype(int))
    assert 0.45 < found.y.mean() < 0.55
    assert (kinds[words].sum(1) != 0).all(), "no ties"
    by_size = np.corrcoef(words.sum(1), found.y)[0, 1]
    assert abs(by_size) < 0.5
