"""Augmentations against numpy, and where they act: on training batches alone, by seed and step alone."""

from __future__ import annotations

import io
import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Generator, Tensor

from engine.catalogue.part import catalogue
from engine.data.prepare import prepare
from engine.errors import InvalidExperiment
from engine.experiment.experiment import Experiment
from engine.parts.augmentations import Augmentation, sample
from engine.preview.preview import preview
from engine.training.trainer import Trainer
from tests.science.measured import Always, Never
from tests.science.references import covers

IMAGES = torch.rand(6, 2, 9, 9, generator=Generator().manual_seed(2))
CLASSES = torch.tensor([0, 1, 2, 0, 1, 2])
ONE_HOT = torch.nn.functional.one_hot(CLASSES, 3).float()


def made(kind: str, **settings: Any) -> Any:
    return catalogue(Augmentation)[kind].model_validate({"kind": kind, **settings})


def changed(kind: str, x: Tensor = IMAGES, seed: int = 0, **settings: Any) -> Tensor:
    """What an augmentation makes of images."""
    found: Tensor
    found, y = made(kind, **settings).apply(x, ONE_HOT[: len(x)], Generator().manual_seed(seed))
    assert torch.equal(y, ONE_HOT[: len(x)])
    assert found.shape == x.shape
    return found


@pytest.mark.parametrize("quarter", [1, 2, 3])
@pytest.mark.parametrize("size", [8, 9])
def test_quarter_turns_are_exact(quarter: int, size: int) -> None:
    x, angle = IMAGES[:1, :, :size, :size], quarter * math.pi / 2
    matrix = torch.tensor([[[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]])
    found = sample(x, matrix, torch.zeros(1, 2))
    np.testing.assert_allclose(found, np.rot90(x.numpy(), quarter, (2, 3)), atol=1e-5)


def test_images_that_are_not_square_turn_without_being_stretched() -> None:
    """A bright row through the middle of a wide image becomes a bright column."""
    x = torch.zeros(1, 1, 5, 11)
    x[..., 2, :] = 1
    found = sample(x, torch.tensor([[[0.0, -1.0], [1.0, 0.0]]]), torch.zeros(1, 2))
    expected = torch.zeros(5, 11)
    expected[:, 5] = 1
    np.testing.assert_allclose(found[0, 0], expected, atol=1e-5)


@covers("augmentations.rotation")
def test_rotation_draws_every_angle_up_to_the_largest() -> None:
    """The direction of a spot right of the middle tells the angle."""
    x = torch.zeros(400, 1, 41, 41)
    x[..., 20, 36] = 1
    found = changed_many("rotation", x, largest=30.0)
    row, column = torch.meshgrid(torch.arange(41.0) - 20, torch.arange(41.0) - 20, indexing="ij")
    total = found.sum((1, 2, 3))
    angle = torch.atan2((found[:, 0] * row).sum((1, 2)) / total, (found[:, 0] * column).sum((1, 2)) / total)
    degrees = np.sort(np.degrees(angle.numpy()))
    assert -31 < degrees[0] < -27
    assert 27 < degrees[-1] < 31
    assert np.abs(degrees - np.linspace(-30, 30, 400)).max() < 6


def changed_many(kind: str, x: Tensor, **settings: Any) -> Tensor:
    found: Tensor = made(kind, **settings).apply(x, torch.zeros(len(x)), Generator().manual_seed(1))[0]
    return found


@covers("augmentations.shift")
def test_shift_moves_by_whole_pixels_and_the_edge_goes_on() -> None:
    found, seen = changed_many("shift", IMAGES[:1].expand(300, -1, -1, -1), largest=2), set()
    wide = np.pad(IMAGES[0].numpy(), ((0, 0), (2, 2), (2, 2)), mode="edge")
    windows = {(r, c): wide[:, r : r + 9, c : c + 9] for r in range(5) for c in range(5)}
    for image in found.numpy():
        matches = [place for place, window in windows.items() if np.array_equal(window, image)]
        assert len(matches) == 1
        seen.add(matches[0])
    assert len(seen) == 25


@covers("augmentations.flip")
def test_flip_mirrors_its_share() -> None:
    x = IMAGES[:1].expand(1000, -1, -1, -1)
    for rate in (0.0, 0.3, 1.0):
        found = changed_many("flip", x, rate=rate)
        mirrored = (found == x.flip(3)).all(3).all(2).all(1)
        assert (mirrored | (found == x).all(3).all(2).all(1)).all()
        assert mirrored.float().mean().item() == pytest.approx(rate, abs=4 * math.sqrt(0.25 / 1000))


@covers("augmentations.crop")
def test_crop_enlarges_a_window_inside_the_image() -> None:
    """On a plane of brightness a + b · column + c · row a window is again a plane, flatter by its share."""
    row, column = torch.meshgrid(torch.arange(16.0), torch.arange(16.0), indexing="ij")
    x = torch.stack([row, column])[None].expand(500, -1, -1, -1)
    found = changed_many("crop", x, smallest=0.5)[:, :, 2:-2, 2:-2]  # the edge pixels are held, not extended
    slope = [(found[:, 0, 1:] - found[:, 0, :-1]).flatten(1), (found[:, 1, :, 1:] - found[:, 1, :, :-1]).flatten(1)]
    share = slope[0].mean(1)
    for one in slope:
        np.testing.assert_allclose(one, share[:, None].expand_as(one), atol=1e-4)
    assert 0.5 - 1e-4 < share.min() < 0.52
    assert 0.98 < share.max() < 1 + 1e-4
    middle = found.mean((2, 3)) - 7.5
    reach = 16 * (1 - share) / 2
    assert (middle.abs() <= reach[:, None] + 1e-3).all()
    assert middle.std() > 0.3 * reach.mean()


@covers("augmentations.noise")
def test_noise_has_the_deviation_asked_for() -> None:
    x = torch.ones(200, 500)
    off = made("noise", std=0.3).apply(x, x, Generator().manual_seed(0))[0] - x
    assert off.std().item() == pytest.approx(0.3, rel=0.02)
    assert abs(off.mean().item()) < 4 * 0.3 / math.sqrt(1e5)


@covers("augmentations.mixup")
def test_mixup_blends_inputs_and_targets_alike() -> None:
    x = torch.eye(6)
    shares = []
    for seed in range(60):
        found, y = made("mixup", alpha=0.4).apply(x, ONE_HOT, Generator().manual_seed(seed))
        own = found.diagonal()  # λ, or 1 where an example met itself
        np.testing.assert_allclose(found.sum(1), 1, atol=1e-6)
        np.testing.assert_allclose(y, found @ ONE_HOT, atol=1e-6)
        alone = own > 1 - 1e-6
        if not alone.all():
            shares.append(float(own[~alone][0]))
            np.testing.assert_allclose(own[~alone], shares[-1], atol=1e-6)
    # Beta(α, α) has mean 1/2 and variance 1 / (4 (2α + 1))
    assert np.mean(shares) == pytest.approx(0.5, abs=4 * math.sqrt(1 / 7.2 / len(shares)))
    assert np.var(shares) == pytest.approx(1 / 7.2, rel=0.4)


@pytest.mark.parametrize("kind", list(catalogue(Augmentation)))
def test_the_batch_itself_stays_and_the_generator_decides(kind: str) -> None:
    x, y = IMAGES.clone(), ONE_HOT.clone()
    one, again, other = (made(kind).apply(x, y, Generator().manual_seed(seed)) for seed in (3, 3, 4))
    assert torch.equal(x, IMAGES)
    assert torch.equal(y, ONE_HOT)
    assert torch.equal(one[0], again[0])
    assert torch.equal(one[1], again[1])
    assert not torch.equal(one[0], other[0])


EVERY = [{"kind": kind} for kind in catalogue(Augmentation)]
BUSY: dict[str, Any] = {
    "data": {"kind": "digits", "layout": "image"},
    "network": [{"kind": "flatten"}, {"kind": "dense", "width": 8}, {"kind": "dropout", "rate": 0.2}],
    "augmentations": EVERY,
    "batch_size": 100,
    "steps": 24,
    "device": "cpu",
}


def test_augmented_runs_go_on_bit_for_bit() -> None:
    whole, pieces = (Trainer(Experiment.from_dict(BUSY), Always()) for _ in range(2))
    first = whole.advance(deadline=math.inf)
    got = pieces.advance(deadline=math.inf, until_step=5)
    file = io.BytesIO()
    torch.save(pieces.state(), file)
    file.seek(0)
    pieces = Trainer.restore(torch.load(file, weights_only=True), Never())
    rest = pieces.advance(deadline=math.inf)
    assert got.losses + rest.losses == first.losses
    assert got.epochs + rest.epochs == first.epochs
    ours, theirs = whole.model_tensors(), pieces.model_tensors()
    assert all(torch.equal(ours[key], theirs[key]) for key in ours)


def test_validation_and_instruments_see_examples_as_they_are() -> None:
    plain, busy = (Trainer(Experiment.from_dict({**BUSY, "augmentations": parts}), Always()) for parts in ([], EVERY))
    for name in ("validation_x", "validation_y"):
        assert torch.equal(getattr(plain, name), getattr(busy, name))
    assert torch.equal(plain.capture.probe_batch, busy.capture.probe_batch)
    kept = {name: getattr(busy, name).clone() for name in ("validation_x", "validation_y")}
    batch, train = busy.capture.probe_batch.clone(), busy.order.x.clone()
    seen: list[Tensor] = []
    busy.network.register_forward_hook(lambda module, inputs, out: seen.append(inputs[0]) if module.training else None)
    row = busy.advance(deadline=math.inf, until_epoch=1).epochs[0]
    assert all(torch.equal(getattr(busy, name), kept[name]) for name in kept)
    assert torch.equal(busy.capture.probe_batch, batch)
    assert torch.equal(busy.order.x, train), "each step starts from the example itself"
    raw = {tuple(x.flatten().tolist()) for x in train}
    assert not any(tuple(x.flatten().tolist()) in raw for batch in seen for x in batch[:5])
    busy.network.eval()
    with torch.no_grad():
        outputs = busy.network(busy.validation_x).double()
    loss = (outputs.exp().sum(1).log() - outputs[torch.arange(len(outputs)), busy.validation_y]).mean()
    assert row.validation_loss == pytest.approx(float(loss), rel=1e-5)


def test_each_step_and_each_seed_has_its_own_chance() -> None:
    trainer = Trainer(Experiment.from_dict({**BUSY, "augmentations": [{"kind": "rotation"}]}), Never())
    other = Trainer(Experiment.from_dict({**BUSY, "augmentations": [{"kind": "rotation"}], "seed": 1}), Never())
    x, y = trainer.data.train_x[:10], trainer.data.train_y[:10]
    ours, theirs = (run.learners[0].augment for run in (trainer, other))
    found = [ours(x, y, 0)[0], ours(x, y, 1)[0], theirs(x, y, 0)[0]]
    assert torch.equal(found[0], ours(x, y, 0)[0])
    assert not any(torch.equal(a, b) for a, b in ((found[0], found[1]), (found[0], found[2])))


def test_vectors_have_no_pixels_to_move() -> None:
    start = Experiment.from_dict({"augmentations": [{"kind": "noise"}, {"kind": "rotation"}]})
    for act in (prepare, preview, Trainer):
        with pytest.raises(InvalidExperiment) as caught:
            act(start)
        assert caught.value.where == "$.augmentations[1] (rotation)"
        assert str(caught.value.received) == "2"


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_mixup_trains_either_task(task: str) -> None:
    suited = {"classification": ("spiral", "cross_entropy"), "regression": ("plane", "huber")}[task]
    start = {"data": {"kind": suited[0]}, "loss": {"kind": suited[1]}, "augmentations": [{"kind": "mixup"}]}
    trainer = Trainer(Experiment.from_dict({**start, "device": "cpu", "epochs": 3}), Never())
    rows = trainer.advance(deadline=math.inf).epochs
    assert len(rows) == 3
    assert all(math.isfinite(value) for row in rows for value in row)
    assert rows[-1].validation_loss < rows[0].validation_loss
