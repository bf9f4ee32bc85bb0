"""Splits, random labels and the order of the examples: shares, and nothing but the seed."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from engine.data.epochs import Order
from engine.data.prepare import load_examples, prepare
from engine.data.split import randomize_labels, split_indices
from engine.errors import InvalidExperiment
from engine.examples import Examples
from engine.experiment.experiment import Experiment
from engine.numerics.apportion import apportion
from engine.numerics.seeding import seed_of
from engine.training.trainer import Trainer
from tests.science.measured import Never

GROUPS = np.random.default_rng(0).choice(6, 997, p=[0.5, 0.3, 0.1, 0.06, 0.03, 0.01])


def experiment(**more: Any) -> Experiment:
    return Experiment.from_dict({"data": {"kind": "blobs", "imbalance": 20.0}, "device": "cpu", "steps": 60, **more})


@pytest.mark.parametrize("share", [0.05, 0.2, 0.33, 0.5, 0.9])
@pytest.mark.parametrize("seed", [0, 1])
def test_stratified_shares_are_right_to_one_example(share: float, seed: int) -> None:
    train, held, tested = split_indices(997, share, 0.0, seed, GROUPS)
    assert sorted([*train, *held]) == list(range(997))
    assert len(held) == round(997 * share)
    assert len(tested) == 0
    for group, size in enumerate(np.bincount(GROUPS)):
        assert abs((GROUPS[held] == group).sum() - size * share) < 1 + 1e-9 + 997 * abs(share - len(held) / 997)


@pytest.mark.parametrize(("validation", "test"), [(0.2, 0.1), (0.5, 0.3), (0.05, 0.5), (0.45, 0.5)])
@pytest.mark.parametrize("groups", [None, GROUPS], ids=["plain", "stratified"])
def test_three_splits_are_a_partition(validation: float, test: float, groups: np.ndarray | None) -> None:
    found = split_indices(997, validation, test, 3, groups)
    assert sorted(np.concatenate(found)) == list(range(997))
    assert len(found.validation) == round(997 * validation)
    assert len(found.test) == round(997 * test)
    again, other = split_indices(997, validation, test, 3, groups), split_indices(997, validation, test, 4, groups)
    assert all(np.array_equal(a, b) for a, b in zip(found, again, strict=True))
    assert not np.array_equal(found.train, other.train)
    assert not np.array_equal(found.train, np.sort(found.train)), "shuffled"
    if groups is not None:
        for own, share in ((found.validation, validation), (found.test, test)):
            wanted = np.bincount(GROUPS) * share
            assert (np.abs(np.bincount(GROUPS[own], minlength=6) - wanted) < 2 + 1e-9).all()


@pytest.mark.parametrize("count", [2, 3, 5])
def test_the_smallest_data_have_something_to_train_on(count: int) -> None:
    for validation, test in ((0.05, 0.0), (0.9, 0.0), (0.45, 0.5)):
        for groups in (None, np.arange(count) % 2, np.arange(count)):
            found = split_indices(count, validation, test, 0, groups)
            assert len(found.train) >= 1
            assert len(found.validation) >= 1
            assert sum(map(len, found)) == count


def test_stratification_is_for_classes_and_can_be_switched_off() -> None:
    def rare(**more: Any) -> float:
        return float((prepare(experiment(seed=11, **more)).validation_y == 3).sum())

    whole = int((load_examples(experiment().data, 11).y == 3).sum())
    assert abs(rare() - whole / 2) <= 1
    counts = [float((prepare(experiment(seed=seed, stratified=False)).validation_y == 3).sum()) for seed in range(8)]
    assert np.std(counts) > 0.5
    curve = {"data": {"kind": "curve"}, "loss": {"kind": "mse"}}
    one, other = (prepare(experiment(**curve, stratified=flag)) for flag in (True, False))
    assert torch.equal(one.train_x, other.train_x)


def test_whole_numbers_are_less_than_one_off() -> None:
    rng = np.random.default_rng(1)
    for total in (0, 1, 17, 1000):
        shares = rng.uniform(0, 1, 7)
        found = apportion(total, shares)
        assert found.sum() == total
        assert (np.abs(found - total * shares / shares.sum()) < 1).all()
    assert apportion(20, [100, 1, 1, 1], least=1).tolist() == [17, 1, 1, 1]


def test_too_little_left_for_training_is_refused() -> None:
    with pytest.raises(InvalidExperiment, match=r"^\$\.test: expected a share that leaves at least 5 %"):
        experiment(validation=0.7, test=0.3)


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_random_labels_are_those_of_the_training_split_alone(share: float) -> None:
    plain, mixed = prepare(experiment()), prepare(experiment(random_labels=share))
    assert torch.equal(plain.train_x, mixed.train_x)
    assert torch.equal(plain.validation_y, mixed.validation_y)
    changed = float((plain.train_y != mixed.train_y).double().mean())
    expected = share * 3 / 4  # one in four draws the right class again
    assert changed == pytest.approx(expected, abs=4 * math.sqrt(0.2 / len(plain.train_y)) * share + 1e-9)
    assert torch.equal(mixed.train_y, prepare(experiment(random_labels=share)).train_y)
    if share == 1:
        counts = torch.bincount(mixed.train_y, minlength=4).double() / len(mixed.train_y)
        assert (counts - 0.25).abs().max() < 0.12, "classes are drawn evenly, however rare they were"


def test_random_targets_of_a_regression_are_swapped() -> None:
    start = Experiment.from_dict({"data": {"kind": "plane"}, "loss": {"kind": "mse"}, "random_labels": 0.5})
    source: Examples = load_examples(start.data, 0)
    train = split_indices(600, 0.5, 0.0, 0).train
    y = randomize_labels(start, source, train)
    np.testing.assert_array_equal(np.sort(y[train], 0), np.sort(source.y[train], 0))
    assert 0.4 < (y != source.y)[train].mean() <= 0.5
    assert (y == source.y).mean() > 0.5


def test_the_test_split_is_looked_at_once_at_the_end() -> None:
    trainer = Trainer(experiment(test=0.2, validation=0.3), Never())
    without = Trainer(experiment(test=0.2, validation=0.3), Never())
    assert [len(trainer.test[0]), len(trainer.validation_x), trainer.order.count] == [100, 150, 250]
    trainer.advance(deadline=math.inf, until_step=59)
    assert str(trainer.message) == ""
    trainer.advance(deadline=math.inf)
    trainer.network.eval()
    outputs = trainer.network(trainer.data.test_x).detach().double()
    y = trainer.data.test_y
    loss = float((outputs.exp().sum(1).log() - outputs[torch.arange(len(y)), y]).mean())
    right = float((outputs.argmax(1) == y).double().mean())
    assert str(trainer.message) == f"On the test split the loss is {loss:.4g} and accuracy {right:.4g}."
    without.test = (without.test[0][:0], without.test[1][:0])
    without.advance(deadline=math.inf)
    ours, theirs = trainer.model_tensors(), without.model_tensors()
    assert all(torch.equal(ours[key], theirs[key]) for key in ours), "looking changes nothing"


def order(classes: Tensor | None, seed: int = 0, count: int = 100) -> Order:
    x = torch.arange(count)
    return Order(x, x, seed, classes)


def test_resampling_shows_every_class_as_often() -> None:
    classes = torch.tensor([0] * 80 + [1] * 15 + [2] * 5)
    made = order(classes)
    for epoch in range(3):
        made.begin(epoch)
        seen = made.epoch_x
        counts = torch.bincount(classes[seen], minlength=3)
        assert counts.sum() == 100
        assert counts.max() - counts.min() <= 1
        times = torch.bincount(seen, minlength=100)
        assert times[:80].max() == 1
        assert set(times[80:95].tolist()) <= {2, 3}
        assert set(times[95:].tolist()) <= {6, 7}
        assert not torch.equal(seen, seen.sort().values)
        again = order(classes)
        again.begin(epoch)
        assert torch.equal(again.epoch_x, seen), "seed and epoch alone"
        other = order(classes, seed=1)
        other.begin(epoch)
        assert not torch.equal(other.epoch_x, seen)


def test_without_resampling_the_order_is_a_permutation_that_the_seed_decides() -> None:
    assert torch.equal(order(None).epoch_x.sort().values, torch.arange(100))
    assert not torch.equal(order(None).epoch_x, order(None, seed=1).epoch_x)


def test_every_use_and_place_has_a_seed_of_its_own() -> None:
    """In the lowest 32 bits, which are all that torch's generator on the CPU looks at."""
    seeds = {seed_of(s, use, place) % 2**32 for s in (0, 1, 2**31 - 1) for use in range(3) for place in range(1000)}
    assert len(seeds) >= 9000 - 1
    bits = np.array([[seed_of(7, 1, place) >> bit & 1 for bit in range(64)] for place in range(4000)])
    np.testing.assert_allclose(bits.mean(0), 0.5, atol=5 * 0.5 / math.sqrt(4000))
