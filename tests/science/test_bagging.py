"""Bagging: every member is what it would be alone, and together they say what twins say."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from engine.data.augment import Augment
from engine.data.epochs import Order
from engine.data.targets import build_loss, build_training_targets
from engine.experiment import presets
from engine.experiment.experiment import Experiment
from engine.network.build import build
from engine.numerics.seeding import DROPOUT, MEMBER, seed_of
from engine.parts.schedules import ScheduleProgress
from engine.preview.preview import preview
from engine.training.divergence import compute_weight_norms, find_most_grown
from engine.training.eager import Eager
from engine.training.ensemble import combine
from engine.training.members import build_member_experiments, draw_member_samples
from engine.training.trainer import Trainer
from tests.science.measured import Always, Never
from tests.science.references import covers
from tests.torch_modules import module_of

BAG: dict[str, Any] = {
    "data": {"kind": "moons", "samples": 160, "noise": 0.25},
    "network": [{"kind": "dense", "width": 8, "activation": {"kind": "relu"}}],
    "optimizer": {"kind": "adam", "lr": 0.02},
    "ensemble": {"kind": "bagging", "members": 3},
    "batch_size": 24,
    "steps": 12,
    "device": "cpu",
}
BUSY_NETWORK = [
    {"kind": "dense", "width": 8, "activation": {"kind": "identity"}},
    {"kind": "batch_norm"},
    {"kind": "activation"},
    {"kind": "dropout", "rate": 0.3},
]
CLIP = [{"kind": "clip_norm", "threshold": 0.05}, {"kind": "l2", "strength": 0.01}]
VARIANTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "dropout and statistics": {"network": BUSY_NETWORK, "schedule": {"kind": "cosine"}},
    "global norm": {"optimizer": {"kind": "sgd", "lr": 0.5, "momentum": 0.9}, "regularizers": CLIP},
    "asked": {"optimizer": {"kind": "lbfgs"}, "steps": 4},
    "matrices": {"optimizer": {"kind": "muon"}},
    "mixed": {"augmentations": [{"kind": "mixup"}, {"kind": "noise"}]},
    "rare classes": {"balance": "weights", "augmentations": [{"kind": "noise"}]},
    "shown evenly": {"balance": "resampling"},
    "attacked": {"attack": {"kind": "pgd", "steps": 2}, "network": BUSY_NETWORK},
}


def trainer_of(data: dict[str, Any], clock: type = Never) -> Trainer:
    return Trainer(Experiment.from_dict(data), clock())


def lonely(data: dict[str, Any], place: int) -> dict[str, Tensor]:
    """The weights of one member, trained alone on its sample by the executor of an ordinary run."""
    whole = Experiment.from_dict(data)
    prepared = Trainer(whole).data
    own = build_member_experiments(whole)[place]
    chosen = draw_member_samples(whole, len(prepared.train_x))[place]
    sampled = type(prepared)(
        **{**vars(prepared), "train_x": prepared.train_x[chosen], "train_y": prepared.train_y[chosen]}
    )
    network = build(own, prepared.in_shape, prepared.source.outputs)
    cpu = torch.device("cpu")
    executor = Eager(own, network, build_loss(own, sampled), cpu)
    classes = sampled.train_y if own.balance == "resampling" else None
    order = Order(sampled.train_x, build_training_targets(own, sampled), own.seed, classes)
    augment, epoch = Augment(own, cpu), 0
    for step in range(own.steps or 0):
        x, y = augment(*order.take(own.batch_size), step)
        factor = own.schedule.compute_factor(ScheduleProgress(step, epoch, own.steps or 0))
        executor.step(x, y, factor, seed_of(seed_of(whole.seed, DROPOUT, step), MEMBER, place), None)
        if order.cursor >= order.count:
            epoch += 1
            order.begin(epoch)
    return network.state_dict()


@pytest.mark.parametrize("name", VARIANTS)
def test_a_member_is_what_it_would_be_alone(name: str) -> None:
    data = {**BAG, **VARIANTS[name]}
    trainer = trainer_of(data, Always)
    trainer.advance(deadline=math.inf)
    for place, member in enumerate(trainer.network.members):
        expected = lonely(data, place)
        assert member.state_dict().keys() == expected.keys()
        for key, value in member.state_dict().items():
            assert torch.equal(value, expected[key]), (place, key)
    first, second = (member.state_dict() for member in trainer.network.members[:2])
    assert not any(torch.equal(first[key], second[key]) for key in first if key.endswith("0.weight"))


def test_samples_are_drawn_with_replacement_and_always_the_same() -> None:
    experiment = Experiment.from_dict(BAG)
    drawn = draw_member_samples(experiment, 5000)
    assert all(torch.equal(a, b) for a, b in zip(drawn, draw_member_samples(experiment, 5000), strict=True))
    for sample in drawn:
        assert len(sample) == 5000
        assert int(sample.min()) >= 0
        assert int(sample.max()) < 5000
        assert len(sample.unique()) / 5000 == pytest.approx(1 - 1 / math.e, abs=0.02)  # type: ignore[no-untyped-call]
        counts = torch.bincount(sample, minlength=5000).double()
        assert float(counts.var()) == pytest.approx(1.0, abs=0.1), "as Poisson has it"
    assert not torch.equal(drawn[0], drawn[1])
    other = draw_member_samples(experiment.model_copy(update={"seed": 1}), 5000)
    assert not torch.equal(drawn[0], other[0])


def test_together_they_say_the_mean_probability_or_the_majority() -> None:
    outputs = torch.tensor([[[2.0, 0.0, -1.0]], [[0.0, 1.0, -3.0]], [[0.5, 0.6, 0.0]]])
    p = np.exp(outputs.double().numpy()) / np.exp(outputs.double().numpy()).sum(2, keepdims=True)
    mean = combine(outputs, "mean", shares=True)
    np.testing.assert_allclose(mean.softmax(1), p.mean(0), rtol=1e-5)
    np.testing.assert_allclose(mean.exp(), p.mean(0), rtol=1e-5)
    assert int(mean.argmax()) == 0
    vote = combine(outputs, "majority", shares=True)
    np.testing.assert_allclose(vote.softmax(1), [[(1 + 1 / 3) / 4, (2 + 1 / 3) / 4, (1 / 3) / 4]], rtol=1e-5)
    assert int(vote.argmax()) == 1
    np.testing.assert_allclose(combine(outputs, "majority", shares=False), [[1 / 3, 2 / 3, 0]], rtol=1e-6)
    np.testing.assert_allclose(combine(outputs, "mean", shares=False), outputs.mean(0), rtol=1e-6)


@pytest.mark.parametrize("vote", ["mean", "majority"])
@covers("ensembles.bagging", "probes.members")
def test_validation_and_members_are_those_of_twins(vote: str) -> None:
    trainer = trainer_of({**BAG, "ensemble": {"kind": "bagging", "members": 4, "vote": vote}}, Always)
    progress = trainer.advance(deadline=math.inf, until_epoch=2)
    trainer.network.eval()
    with torch.no_grad():
        said = np.stack([m(trainer.validation_x).double().softmax(1) for m in trainer.network.members])
        seen = np.stack([m(trainer.data.train_x).double().softmax(1) for m in trainer.network.members])
    y = trainer.validation_y.numpy()
    votes = np.stack([(said.argmax(2) == c).sum(0) for c in range(2)], 1)
    p = said.mean(0) if vote == "mean" else (votes + 0.5) / 5
    right = float((p.argmax(1) == y).mean())
    row, readings = progress.epochs[-1], progress.frames[-1].readings
    assert row.validation_loss == pytest.approx(-np.log(p[np.arange(len(y)), y]).mean(), rel=1e-4)
    assert row.validation_metric == pytest.approx(right)
    found = readings["members"]
    assert found[0] == pytest.approx(right, abs=1e-6)
    np.testing.assert_allclose(found[2:], [(one.argmax(1) == y).mean() for one in said], atol=1e-6)
    drawn = draw_member_samples(trainer.experiment, len(seen[0]))
    answers, truth = [], []
    for example, target in enumerate(trainer.data.train_y.tolist()):
        unseen = [k for k in range(4) if example not in drawn[k].tolist()]
        if unseen:
            own = seen[unseen, example] if vote == "mean" else np.eye(2)[seen[unseen, example].argmax(1)]
            answers.append(int(own.mean(0).argmax()))
            truth.append(target)
    assert 60 < len(truth) < 80
    assert found[1] == pytest.approx(np.mean(np.array(answers) == np.array(truth)), abs=1e-6)


@covers("probes.disagreement")
def test_disagreement_is_the_deviation_of_the_members() -> None:
    trainer = trainer_of(BAG, Always)
    frame = trainer.advance(deadline=math.inf).frames[-1]
    trainer.network.eval()
    assert trainer.capture.plane is not None
    with torch.no_grad():
        p = np.stack([m(trainer.capture.plane).double().softmax(1)[:, 1] for m in trainer.network.members])
    side = frame.readings["disagreement"].shape[1]
    found = frame.readings["disagreement"][0] / 127 * frame.readings["disagreement_scale"]
    np.testing.assert_allclose(found, p.std(0).reshape(side, side), atol=0.003)
    assert found.max() > 0.05
    grid = frame.readings["output"][0] / 127
    np.testing.assert_allclose(grid, (2 * p.mean(0) - 1).reshape(side, side), atol=0.005)


def test_a_regressions_band_is_the_deviation_of_the_members() -> None:
    curve = {**BAG, "data": {"kind": "curve"}, "loss": {"kind": "mse"}}
    trainer = trainer_of(curve, Always)
    readings = trainer.advance(deadline=math.inf).frames[-1].readings
    trainer.network.eval()
    assert trainer.capture.plane is not None
    with torch.no_grad():
        said = np.stack([m(trainer.capture.plane).double()[:, 0] for m in trainer.network.members])
    np.testing.assert_allclose(readings["curve"], said.mean(0), atol=1e-5)
    np.testing.assert_allclose(readings["spread"], said.std(0), atol=1e-5)
    assert readings["spread"].max() > 0.01


@pytest.mark.parametrize("name", ["dropout and statistics", "asked", "mixed"])
def test_taken_apart_and_put_together_same_run(name: str) -> None:
    data = {**BAG, **VARIANTS[name], "steps": 9}
    whole, first = trainer_of(data, Always), trainer_of(data)
    losses = whole.advance(deadline=math.inf).losses
    begun = first.advance(deadline=math.inf, until_step=5).losses
    restored = Trainer.restore(first.state(), Never())
    assert begun + restored.advance(deadline=math.inf).losses == losses
    ours, theirs = whole.network.state_dict(), restored.network.state_dict()
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[key], theirs[key]) for key in ours)


def test_the_loss_of_a_step_is_the_mean_of_the_members() -> None:
    trainer = trainer_of(BAG)
    expected = [
        trainer.heads.loss(one.network(x), y).item() for one in trainer.learners for x, y in [one.take_batch(24, 0)]
    ]
    for learner in trainer.learners:
        learner.order.begin(0)
    assert trainer.advance(deadline=0.0).losses == [pytest.approx(sum(expected) / 3, rel=1e-6)]


def test_whoever_breaks_is_named() -> None:
    trainer = trainer_of(BAG)
    norms = compute_weight_norms(trainer.network)
    assert len(norms) == 6
    with torch.no_grad():
        module_of(trainer.network.members[1].stages[0])[0].weight.mul_(9)
    assert str(find_most_grown(trainer.network, norms)) == "1 dense of member 2"
    with torch.no_grad():
        module_of(trainer.network.members[2].stages[1])[0].weight[0, 0] = math.nan
    trainer.advance(deadline=0.0)
    assert trainer.status == "diverged"
    assert "layer output of member 3 went first" in str(trainer.message)
    assert not trainer.is_sound()


def test_all_members_are_counted_and_exported() -> None:
    one, three = (preview(Experiment.from_dict({**BAG, "ensemble": of})) for of in (None, BAG["ensemble"]))
    assert three.parameters == 3 * one.parameters
    assert three.flops_per_example == 3 * one.flops_per_example
    assert three.layers == one.layers
    assert (one.members, three.members) == (1, 3)
    trainer = trainer_of(BAG)
    names = trainer.model_tensors()
    assert sum(value.numel() for value in names.values()) == three.parameters
    assert {name.split(".")[0] for name in names} == {"member_1", "member_2", "member_3"}
    assert all(
        name.split(".")[0] in ("1_dense", "output") for name in trainer_of({**BAG, "ensemble": None}).model_tensors()
    )


def test_members_make_a_better_answer_than_one() -> None:
    """The preset: one network is very sure of its mistakes; five together have less than half its validation loss."""
    preset = presets.load("bagging").model_copy(update={"steps": 900, "device": "cpu"})
    together = Trainer(preset, Never()).advance(deadline=math.inf)
    single = Trainer(preset.model_copy(update={"ensemble": None}), Never()).advance(deadline=math.inf)
    assert together.epochs[-1].validation_loss < single.epochs[-1].validation_loss / 2
    assert together.epochs[-1].train_metric > 0.97
    members = together.frames[-1].readings["members"]
    assert members[0] >= members[2:].mean() - 1e-6
