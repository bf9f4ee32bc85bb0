"""Sketches: the pictures' numbers against closed forms."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from engine.catalogue.part import catalogue
from engine.errors import InvalidExperiment
from engine.illustrations.activation_curve import sample_activation
from engine.illustrations.augmented_images import augment_images
from engine.illustrations.initial_weights import sample_initial_weights
from engine.illustrations.loss_curve import sample_loss
from engine.illustrations.optimizer_path import START, trace_optimizer
from engine.illustrations.point_cloud import transform_cloud
from engine.illustrations.schedule_curve import STEPS_PER_EPOCH, sample_schedule
from engine.illustrations.window_arithmetic import find_window_arithmetic, pool_image
from engine.parts.activations.elu import ELU
from engine.parts.activations.relu import ReLU
from engine.parts.activations.sigmoid import Sigmoid
from engine.parts.activations.tanh import Tanh
from engine.parts.augmentations.flip import Flip
from engine.parts.blocks.conv1d import Conv1d
from engine.parts.blocks.conv2d import Conv2d
from engine.parts.blocks.dense import Dense
from engine.parts.blocks.max_pool import MaxPool
from engine.parts.blocks.transposed_conv2d import TransposedConv2d
from engine.parts.initializers import Fan, Initializer
from engine.parts.losses.cross_entropy import CrossEntropy
from engine.parts.losses.huber import Huber
from engine.parts.optimizers.ewma_momentum import EwmaMomentum
from engine.parts.optimizers.sgd import SGD
from engine.parts.schedules.inverse_time import InverseTime
from engine.parts.schedules.on_plateau import OnPlateau
from engine.parts.transforms.standardize import Standardize
from engine.parts.transforms.standardize_target import StandardizeTarget


def test_zones_of_activations() -> None:
    relu, tanh, elu = sample_activation(ReLU()), sample_activation(Tanh()), sample_activation(ELU(alpha=2.0))
    ((low, high),) = relu.dead
    assert (low, high) == (-6.0, 0.0)
    assert relu.saturated == tanh.dead == ()
    left, right = tanh.saturated
    edge = math.atanh(math.sqrt(0.95))  # 1 − tanh² = 0.05
    assert right[0] == pytest.approx(edge, abs=0.021)
    assert left == tuple(-x for x in reversed(right))
    assert elu.saturated[0][1] == pytest.approx(math.log(0.05), abs=0.021)
    assert np.abs(tanh.slope - (1 - np.tanh(tanh.x) ** 2)).max() < 1e-12
    assert sample_activation(Sigmoid()).slope.max() == pytest.approx(0.25)


@pytest.mark.parametrize("kind", catalogue(Initializer))
def test_theory_and_draws_agree(kind: str) -> None:
    seen = sample_initial_weights(catalogue(Initializer)[kind](), Fan(300, 200))
    area = float(seen.density.sum() * (seen.centers[1] - seen.centers[0]))
    assert area == pytest.approx(1, abs=1e-9)
    if seen.theory is None or seen.expected is None:
        assert kind in ("zeros", "constant", "orthogonal")
        return
    x, density = seen.theory
    assert float(np.sum((density[1:] + density[:-1]) / 2 * np.diff(x))) == pytest.approx(1, abs=0.01)
    assert float(np.sum((x * x * density)[1:] * np.diff(x))) == pytest.approx(seen.expected, rel=0.02)
    assert seen.variance == pytest.approx(seen.expected, rel=0.03)


def test_the_course_of_schedules() -> None:
    seen = sample_schedule(InverseTime(delta=0.5), 12)
    epoch = np.arange(12 * STEPS_PER_EPOCH) // STEPS_PER_EPOCH + 1
    assert np.abs(seen.factors - 1.5 / (1 + 0.5 * epoch)).max() < 1e-12
    assert seen.losses is None
    plateau = sample_schedule(OnPlateau(patience=5, fall=0.5), 60)
    assert plateau.losses is not None
    assert plateau.factors[0] == 1
    assert set(np.log2(plateau.factors[plateau.factors > 0.01])) <= {0.0, -1.0, -2.0, -3.0, -4.0, -5.0, -6.0}
    assert plateau.factors[-1] < 1


def test_the_ravine_is_gone_down_by_the_formula() -> None:
    seen = trace_optimizer(SGD(lr=0.03), 50)
    rates = np.array([1.0, 10.0])
    exact = np.array(START) * (1 - 0.03 * rates) ** np.arange(51)[:, None]
    assert np.abs(seen.path - exact).max() < 1e-5
    w, m, beta = np.array(START), np.zeros(2), 0.9
    for _ in range(50):
        m = beta * m + (1 - beta) * rates * w
        w = w - 0.3 * m
    assert np.abs(trace_optimizer(EwmaMomentum(lr=0.3), 50).path[-1] - w).max() < 1e-5
    assert len(trace_optimizer(SGD(lr=5.0), 50).path) < 20


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "padding"), [(8, 3, 1, 0), (7, 3, 2, 1), (5, 5, 3, 2), (3, 3, 1, 0)]
)
def test_the_arithmetic_of_windows(size: int, kernel: int, stride: int, padding: int) -> None:
    fields: dict[str, Any] = {"kernel": kernel, "stride": stride, "padding": padding}
    for block in (Conv2d(**fields), Conv1d(**fields)):
        seen = find_window_arithmetic(block, size)
        assert seen is not None
        assert seen.out == (size - kernel + 2 * padding) // stride + 1
        assert seen.start(seen.out - 1) + kernel <= size + padding
    back = find_window_arithmetic(TransposedConv2d(**fields), size)
    assert back is not None
    assert back.out == (size - 1) * stride - 2 * padding + kernel
    assert find_window_arithmetic(Dense(), size) is None
    with pytest.raises(InvalidExperiment):
        find_window_arithmetic(Conv2d(kernel=9), size)


def test_pooling_clouds_images_and_prices() -> None:
    before, after = pool_image(MaxPool())
    assert np.array_equal(after, before.reshape(4, 2, 4, 2).max((1, 3)))
    seen = transform_cloud(Standardize())
    assert np.abs(seen.after.mean(0)).max() < 1e-5
    target = transform_cloud(StandardizeTarget())
    assert np.array_equal(target.after[:, 0], target.before[:, 0])
    images, mirrored = augment_images(Flip(rate=1.0))
    assert np.array_equal(mirrored, images[:, :, ::-1])
    assert sample_loss(CrossEntropy()).loss[200] == pytest.approx(math.log(2))
    huber = sample_loss(Huber())
    assert huber.loss[-1] == pytest.approx(3.5)
    assert huber.slope[-1] == pytest.approx(1)
