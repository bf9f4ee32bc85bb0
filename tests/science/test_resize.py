"""Resizing: against torch's own interpolation, against numbers worked out by hand, and on every split alike."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from engine.data.prepare import prepare
from engine.errors import InvalidExperiment
from engine.experiment.experiment import Experiment
from engine.parts.transforms.resize import Resize
from tests.science.references import covers

IMAGES = np.random.default_rng(0).normal(0, 1, (5, 3, 8, 11)).astype(np.float32)


@pytest.mark.parametrize("size", [(28, 28), (8, 11), (16, 5), (3, 4), (1, 1), (7, 40)])
@pytest.mark.parametrize("method", ["bilinear", "nearest"])
def test_against_an_independent_interpolation(size: tuple[int, int], method: Any) -> None:
    fitted = Resize(rows=size[0], columns=size[1], method=method).fit(IMAGES)
    images = torch.from_numpy(IMAGES).double()
    mode, smooth = ("bilinear", True) if method == "bilinear" else ("nearest-exact", False)
    more: dict[str, Any] = {"align_corners": False} if smooth else {}
    expected = torch.nn.functional.interpolate(images, size, mode=mode, antialias=smooth, **more)
    found = fitted(IMAGES)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected.numpy(), atol=2e-6)


def test_four_pixels_from_two_and_two_from_four() -> None:
    two = np.array([[[[0, 1]]]], np.float32)
    wider = Resize(rows=1, columns=4).fit(two)(two)
    np.testing.assert_allclose(wider.ravel(), [0, 0.25, 0.75, 1])
    np.testing.assert_array_equal(Resize(rows=1, columns=4, method="nearest").fit(two)(two).ravel(), [0, 0, 1, 1])
    four = np.array([[[[8, 0, 0, 8]]]], np.float32)  # weights 3/7, 3/7, 1/7 of the three pixels within reach
    np.testing.assert_allclose(Resize(rows=1, columns=2).fit(four)(four).ravel(), [24 / 7, 24 / 7], rtol=1e-6)


@covers("transforms.resize")
def test_every_split_is_resized_and_nothing_is_learned_from_training() -> None:
    document = {"data": {"kind": "digits", "layout": "image"}, "network": [{"kind": "flatten"}], "test": 0.1}
    step = {"kind": "resize", "rows": 28, "columns": 28}
    plain = prepare(Experiment.from_dict(document))
    found = prepare(Experiment.from_dict({**document, "preprocessing": [step]}))
    for before, after in (
        (plain.train_x, found.train_x),
        (plain.validation_x, found.validation_x),
        (plain.test_x, found.test_x),
    ):
        assert after.shape == (len(before), 1, 28, 28)
        again = Resize().fit(np.zeros((1, 1, 8, 8), np.float32))(before.numpy())
        np.testing.assert_array_equal(after.numpy(), again)


def test_what_is_no_image_and_what_is_too_much_is_refused() -> None:
    document: dict[str, Any] = {"data": {"kind": "digits"}, "preprocessing": [{"kind": "resize"}]}
    with pytest.raises(InvalidExperiment, match="choose the layout image") as caught:
        prepare(Experiment.from_dict(document))
    assert caught.value.where == "$.preprocessing[0] (resize)"
    assert str(caught.value.received) == "64"
    with pytest.raises(InvalidExperiment, match="at most 300000000 numbers"):
        Resize(rows=256, columns=256).fit(np.broadcast_to(np.zeros((1, 3, 2, 2), np.float32), (60_000, 3, 2, 2)))
