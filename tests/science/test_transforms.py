"""Preprocessing learns from the training split alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.catalogue.part import catalogue
from engine.data import prepare as preparing
from engine.data import split as splitting
from engine.data.prepare import Prepared, prepare
from engine.errors import InvalidExperiment
from engine.examples import Examples
from engine.experiment.experiment import Experiment
from engine.parts.transforms import Transform
from engine.training.trainer import Trainer
from tests.science.references import covers


def prepared(data: str, *transforms: str, validation: float = 0.3, **more: Any) -> Prepared:
    """A data set after some preprocessing."""
    steps = [{"kind": kind} for kind in transforms]
    document = {"data": {"kind": data}, "preprocessing": steps, "validation": validation, **more}
    return prepare(Experiment.from_dict(document))


@pytest.mark.parametrize("data", ["wine", "iris", "breast_cancer", "digits", "gaussians"])
@covers("transforms.standardize")
def test_standardized_training_split_has_mean_0_and_deviation_1(data: str) -> None:
    found = prepared(data, "standardize")
    x = found.train_x.double().numpy()
    varying = prepared(data).train_x.double().numpy().std(0) > 0
    np.testing.assert_allclose(x.mean(0), 0, atol=2e-5)
    np.testing.assert_allclose(x.std(0)[varying], 1, rtol=2e-5)
    assert (x[:, ~varying] == 0).all()
    held = found.validation_x.double().numpy()
    assert np.abs(held.mean(0)).max() > 1e-3, "the validation split must not have been fitted"


@covers("transforms.center")
def test_centering_takes_the_training_mean_from_both_splits() -> None:
    raw, found = prepared("wine"), prepared("wine", "center")
    mean = raw.train_x.double().numpy().mean(0)
    np.testing.assert_allclose(found.train_x.numpy(), raw.train_x.double().numpy() - mean, atol=1e-3)
    np.testing.assert_allclose(found.validation_x.numpy(), raw.validation_x.double().numpy() - mean, atol=1e-3)


@covers("transforms.standardize_target")
def test_target_of_a_regression_is_standardized_and_classes_are_not() -> None:
    found = prepared("diabetes", "standardize_target", loss={"kind": "mse"})
    y = found.train_y.double().numpy()
    np.testing.assert_allclose([y.mean(), y.std()], [0, 1], atol=1e-5)
    raw = prepared("diabetes", loss={"kind": "mse"})
    np.testing.assert_array_equal(found.train_x.numpy(), raw.train_x.numpy())
    np.testing.assert_array_equal(prepared("wine", "standardize_target").train_y, prepared("wine").train_y)


ALL = [(kind,) for kind, part in catalogue(Transform).items() if not part.leads]  # those are for images


@pytest.mark.parametrize("transforms", [*ALL, ("center", "standardize"), ("min_max", "whitening"), ("pca", "min_max")])
def test_a_wild_validation_split_changes_nothing_of_training(
    transforms: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    loss = {"kind": "mse"}
    calm = prepared("diabetes", *transforms, loss=loss)
    held = splitting.split_indices(442, 0.3, 0.0, 0).validation
    load = preparing.load_examples

    def wild(*arguments: Any) -> Examples:
        source = load(*arguments)
        x, y = source.x.copy(), source.y.copy()
        x[held], y[held] = 1e6, -1e6
        return Examples(x, y, source.task, source.classes, source.extent)

    monkeypatch.setattr(preparing, "load_examples", wild)
    shaken = prepared("diabetes", *transforms, loss=loss)
    np.testing.assert_array_equal(calm.train_x, shaken.train_x)
    np.testing.assert_array_equal(calm.train_y, shaken.train_y)
    assert not np.array_equal(calm.validation_x, shaken.validation_x)


def test_a_feature_that_does_not_vary_is_only_centered() -> None:
    """0.1 has no exact float32: a mean summed in float32 misses it, and the miss would be blown up to ±1."""
    x = np.full((1437, 2), 0.1, np.float32)
    x[:, 1] = np.linspace(0, 1, len(x))
    fitted = catalogue(Transform)["standardize"]().fit(x)
    assert (fitted(x)[:, 0] == 0).all()
    assert fitted(np.full((1, 2), 0.3, np.float32))[0, 0] == pytest.approx(0.2, rel=1e-5)


@pytest.mark.parametrize("share", [0.05, 0.37, 0.9])
def test_split_is_a_partition_of_the_share_asked_for(share: float) -> None:
    train, held, _ = splitting.split_indices(178, share, 0.0, 4)
    assert sorted([*train, *held]) == list(range(178))
    assert len(held) == round(178 * share)
    again = splitting.split_indices(178, share, 0.0, 4)
    np.testing.assert_array_equal(train, again[0])
    assert not np.array_equal(train, splitting.split_indices(178, share, 0.0, 5).train)
    assert not np.array_equal(train, np.sort(train)), "shuffled"


CORRELATED = np.random.default_rng(3).normal(0, 1, (400, 5)) @ np.random.default_rng(4).normal(0, 2, (5, 5)) + 7


def covariance(x: np.ndarray) -> np.ndarray:
    """The covariance matrix of rows, in float64, divided by their number."""
    rows = x.reshape(len(x), -1).astype(np.float64)
    centered = rows - rows.mean(0)
    return np.asarray(centered.T @ centered / len(rows))


def fitted(kind: str, x: np.ndarray, **settings: Any) -> np.ndarray:
    """What a transform fitted on `x` makes of it."""
    part: Transform = catalogue(Transform)[kind].model_validate({"kind": kind, **settings})
    return part.fit(x)(x)


@pytest.mark.parametrize("turn_back", [False, True])
@covers("transforms.whitening")
def test_whitened_data_have_unit_covariance(turn_back: bool) -> None:
    x = CORRELATED.astype(np.float32)
    np.testing.assert_allclose(
        covariance(fitted("whitening", x, epsilon=0.0, turn_back=turn_back)), np.eye(5), atol=5e-6
    )
    softened = covariance(fitted("whitening", x, epsilon=0.5))
    variances = np.linalg.eigvalsh(covariance(x))[::-1]
    np.testing.assert_allclose(softened, np.diag(variances / (variances + 0.5)), atol=5e-6)


def test_whitening_through_the_whole_preparation() -> None:
    document = {"data": {"kind": "wine"}, "preprocessing": [{"kind": "whitening", "epsilon": 0.0}], "validation": 0.3}
    found = prepare(Experiment.from_dict(document))
    np.testing.assert_allclose(covariance(found.train_x.numpy()), np.eye(13), atol=2e-4)
    assert np.abs(covariance(found.validation_x.numpy()) - np.eye(13)).max() > 0.05


def test_zca_is_the_symmetric_whitening() -> None:
    x = CORRELATED.astype(np.float32)
    variances, axes = np.linalg.eigh(covariance(x))
    matrix = axes @ np.diag(variances**-0.5) @ axes.T
    expected = (x - x.astype(np.float64).mean(0)) @ matrix
    np.testing.assert_allclose(fitted("whitening", x, epsilon=0.0, turn_back=True), expected, atol=1e-5)
    images = x[:, :4].reshape(-1, 1, 2, 2)
    assert fitted("whitening", images, turn_back=True).shape == images.shape
    assert fitted("whitening", images).shape == (400, 4)


def test_directions_without_variation_are_not_blown_up() -> None:
    x = CORRELATED.astype(np.float32)
    x[:, 4] = x[:, 0]
    found = fitted("whitening", x, epsilon=0.0)
    np.testing.assert_allclose(covariance(found), np.diag([1, 1, 1, 1, 0]), atol=1e-5)


@pytest.mark.parametrize("kept", [1, 3, 5])
@covers("transforms.pca")
def test_pca_keeps_the_largest_variances(kept: int) -> None:
    x = CORRELATED.astype(np.float32)
    found = covariance(fitted("pca", x, components=kept))
    variances = np.linalg.eigvalsh(covariance(x))[::-1]
    np.testing.assert_allclose(found, np.diag(variances[:kept]), atol=1e-4)
    if kept == 5:  # a rotation keeps distances
        lengths = [np.linalg.norm(z - z.mean(0), axis=1) for z in (fitted("pca", x, components=5), x)]
        np.testing.assert_allclose(lengths[0], lengths[1], rtol=1e-5)


def test_more_components_than_features_are_refused_with_the_place() -> None:
    start = {"data": {"kind": "iris"}, "preprocessing": [{"kind": "center"}, {"kind": "pca", "components": 5}]}
    with pytest.raises(InvalidExperiment) as caught:
        prepare(Experiment.from_dict(start))
    assert str(caught.value) == "$.preprocessing[1] (pca): expected at most 4 components, received 5"


@covers("transforms.min_max")
def test_min_max_puts_the_training_split_between_0_and_1() -> None:
    found = prepared("breast_cancer", "min_max")
    x = found.train_x.numpy()
    np.testing.assert_allclose([x.min(0), x.max(0)], [np.zeros(30), np.ones(30)], atol=1e-6)
    assert found.validation_x.max() > 1
    raw = prepared("breast_cancer").train_x.double().numpy()
    np.testing.assert_allclose(x, (raw - raw.min(0)) / (raw.max(0) - raw.min(0)), atol=1e-6)
    assert (fitted("min_max", np.full((5, 1), 3, np.float32)) == 0).all()


IMAGES = np.random.default_rng(6).uniform(0, 1, (50, 3, 4, 5)).astype(np.float32) * [[[[1]], [[5]], [[9]]]]
IMAGES = IMAGES.astype(np.float32)


@covers("transforms.center_channels")
def test_center_takes_the_mean_image_and_center_channels_one_number_a_channel() -> None:
    whole = IMAGES.astype(np.float64)
    np.testing.assert_allclose(fitted("center", IMAGES), whole - whole.mean(0), atol=1e-5)
    channels = whole.transpose(1, 0, 2, 3).reshape(3, -1)
    centered = whole - channels.mean(1)[:, None, None]
    np.testing.assert_allclose(fitted("center_channels", IMAGES), centered, atol=1e-5)
    divided = fitted("center_channels", IMAGES, divide=True)
    np.testing.assert_allclose(divided, centered / channels.std(1)[:, None, None], atol=1e-5)
    sequences = IMAGES.reshape(50, 20, 3)
    mean = sequences.astype(np.float64).reshape(-1, 3).mean(0)
    np.testing.assert_allclose(fitted("center_channels", sequences), sequences - mean, atol=1e-5)


@covers("transforms.standardize_each")
def test_standardizing_each_example_needs_no_other() -> None:
    found = fitted("standardize_each", IMAGES).astype(np.float64).reshape(50, -1)
    np.testing.assert_allclose(found.mean(1), 0, atol=1e-5)
    np.testing.assert_allclose(found.std(1), 1, atol=1e-5)
    alone = fitted("standardize_each", IMAGES[:1])
    np.testing.assert_allclose(alone.reshape(-1), found[0], atol=1e-5)
    assert (fitted("standardize_each", np.full((2, 6), 0.1, np.float32)) == 0).all()


def test_word_numbers_are_not_preprocessed() -> None:
    start = {"data": {"kind": "tokens"}, "preprocessing": [{"kind": "standardize"}]}
    with pytest.raises(InvalidExperiment, match=r"^\$\.preprocessing\[0\] \(standardize\): .*word numbers"):
        prepare(Experiment.from_dict(start))


@pytest.mark.parametrize("components", [1, 2])
def test_the_plane_is_drawn_in_the_inputs_before_preprocessing(components: int) -> None:
    steps = [{"kind": "pca", "components": components}]
    trainer = Trainer(Experiment.from_dict({"data": {"kind": "gaussians"}, "preprocessing": steps, "device": "cpu"}))
    frame = trainer.advance(deadline=0.0).frames[0]
    assert frame.readings["output"].shape[0] == 1
    assert ("weights" in frame.readings) == (components == 2), "links start at two inputs, or none are drawn"
