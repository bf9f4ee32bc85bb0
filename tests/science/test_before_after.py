"""The pictures of data: what they show is what training gets."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from engine.data.before_after import augment_example, compare_preprocessing, isolate_data
from engine.data.prepare import prepare
from engine.experiment.experiment import Experiment
from engine.parts.augmentations.flip import reads_as_writing
from engine.training.trainer import Trainer

IMAGES = {"data": {"kind": "digits", "layout": "image"}, "network": [{"kind": "flatten"}], "validation": 0.5}


def test_means_and_deviations_are_those_of_the_whole_training_split() -> None:
    chosen = Experiment.from_dict({"data": {"kind": "wine"}, "preprocessing": [{"kind": "standardize"}]})
    seen = compare_preprocessing(chosen)
    raw = prepare(chosen.model_copy(update={"preprocessing": ()})).train_x.double().numpy()
    np.testing.assert_allclose(seen.before.mean, raw.mean(0), rtol=1e-6)
    np.testing.assert_allclose(seen.before.deviation, raw.std(0), rtol=1e-6)
    np.testing.assert_allclose([seen.after.mean.max(), seen.after.deviation.min()], [0, 1], atol=1e-5)
    assert seen.axes == tuple(sorted(np.argsort(-raw.std(0))[:2]))
    np.testing.assert_allclose((seen.before.values - raw.mean(0)) / raw.std(0), seen.after.values, atol=1e-4)
    assert seen.before.mean_image is None


def test_the_mean_image_is_gone_after_centering() -> None:
    seen = compare_preprocessing(Experiment.from_dict({**IMAGES, "preprocessing": [{"kind": "center"}]}))
    assert seen.before.mean_image is not None
    assert seen.after.mean_image is not None
    assert seen.before.mean_image.shape == (1, 8, 8)
    assert seen.before.mean_image.max() > 0.5
    assert np.abs(seen.after.mean_image).max() < 1e-6
    turned = compare_preprocessing(
        Experiment.from_dict({**IMAGES, "preprocessing": [{"kind": "pca", "components": 3}]})
    )
    assert turned.after.mean_image is None
    assert turned.after.mean.shape == (3,)


def test_the_example_is_changed_as_training_changes_it() -> None:
    """The first batch of the first step has another order, so the same batch is given to the trainer's augmentation."""
    parts = [{"kind": "rotation", "largest": 30.0}, {"kind": "mixup", "alpha": 1.0}]
    chosen = Experiment.from_dict({**IMAGES, "augmentations": parts, "batch_size": 32})
    seen = augment_example(chosen, 4)
    trainer = Trainer(chosen.model_copy(update={"device": "cpu"}))
    x, y = trainer.data.train_x[:32], torch.nn.functional.one_hot(trainer.data.train_y[:32], 10).float()
    for step in range(4):
        changed, targets = trainer.learners[0].augment(x, y, step)
        np.testing.assert_array_equal(seen.changed[step], changed[0].numpy())
        assert seen.targets is not None
        np.testing.assert_array_equal(seen.targets[step], targets[0].numpy())
    np.testing.assert_array_equal(seen.clean[0], x[0].numpy())
    assert len(np.unique(seen.changed.reshape(4, -1), axis=0)) == 4
    assert augment_example(Experiment.from_dict({**IMAGES, "augmentations": parts[:1]}), 2).targets is None


def test_another_network_needs_no_other_picture() -> None:
    one = Experiment.from_dict({**IMAGES, "augmentations": [{"kind": "flip"}]})
    other = one.model_copy(update={"batch_size": 64, "network": ()})
    assert isolate_data(one) == isolate_data(other)
    assert augment_example(one) is augment_example(other)
    assert isolate_data(one) != isolate_data(one.model_copy(update={"seed": 1}))


@pytest.mark.parametrize(
    ("classes", "writing"),
    [(tuple("0123456789"), True), (("A", "B"), True), (("cat", "dog"), False), (("1", "dog"), False), ((), False)],
)
def test_digits_and_letters_are_known_by_their_names(classes: Any, writing: bool) -> None:
    assert reads_as_writing(classes) == writing
