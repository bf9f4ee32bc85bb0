"""Class weights, label smoothing, max-norm and clipping by value against hand calculations."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

from engine.data.prepare import prepare
from engine.data.targets import build_loss, build_training_targets, compute_class_weights
from engine.errors import InvalidExperiment
from engine.experiment.experiment import Experiment
from engine.training.trainer import Trainer
from tests.science.measured import Never
from tests.science.references import covers

RARE = {"data": {"kind": "blobs", "imbalance": 30.0}, "device": "cpu", "steps": 40}


def experiment(**more: Any) -> Experiment:
    return Experiment.from_dict({**RARE, **more})


def test_class_weights_by_hand() -> None:
    """Six of one class, three of the next, one of the last: 10 / (3 · count)."""
    y = torch.tensor([0] * 6 + [1] * 3 + [2])
    np.testing.assert_allclose(compute_class_weights(y, 3), [10 / 18, 10 / 9, 10 / 3], rtol=1e-6)
    np.testing.assert_allclose(compute_class_weights(y, 4), [10 / 18, 10 / 9, 10 / 3, 0], rtol=1e-6)


@pytest.mark.parametrize("kind", ["cross_entropy", "mse", "mae", "huber"])
def test_weighted_loss_of_the_whole_split_is_the_mean_of_the_classes(kind: str) -> None:
    start = experiment(balance="weights", loss={"kind": kind})
    data = prepare(start)
    outputs = torch.randn(len(data.train_y), 4, generator=torch.Generator().manual_seed(0))
    targets = build_training_targets(start, data)
    plain = start.loss.build()
    expected = [plain(outputs[data.train_y == c], targets[data.train_y == c]).item() for c in range(4)]
    weighted = build_loss(start, data)
    assert weighted(outputs, targets).item() == pytest.approx(np.mean(expected), rel=1e-5)
    few = weighted(outputs[:2], targets[:2]).item()
    weights = compute_class_weights(data.train_y, 4)[data.train_y[:2]]
    each = [plain(outputs[i : i + 1], targets[i : i + 1]).item() for i in range(2)]
    assert few == pytest.approx(float(weights[0]) * each[0] / 2 + float(weights[1]) * each[1] / 2, rel=1e-5)


def test_weights_help_the_rare_class() -> None:
    def recall(**more: Any) -> float:
        data = {"kind": "blobs", "classes": 8, "imbalance": 30.0, "noise": 0.5, "samples": 2000}
        trainer = Trainer(experiment(data=data, steps=400, batch_size=50, **more), Never())
        trainer.advance(deadline=math.inf)
        trainer.network.eval()
        rare = trainer.validation_y == 7
        return float((trainer.network(trainer.validation_x).argmax(1) == 7)[rare].double().mean())

    plain = recall()
    assert recall(balance="weights") > plain + 0.1
    assert recall(balance="resampling") > plain + 0.1


def test_balancing_needs_classes() -> None:
    for balance in ("weights", "resampling"):
        start = experiment(data={"kind": "plane"}, loss={"kind": "mse"}, balance=balance)
        with pytest.raises(InvalidExperiment, match=r"^\$\.balance: expected classes to balance, received regression"):
            prepare(start)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5])
@covers("regularizers.label_smoothing")
def test_label_smoothing_is_its_formula(share: float) -> None:
    start = experiment(regularizers=[{"kind": "label_smoothing", "share": share}])
    trainer = Trainer(start, Never())
    trainer.order.begin(0)
    x, y = trainer.data.train_x, trainer.data.train_y
    outputs = trainer.network(x).detach()
    log_p = outputs.double() - outputs.double().exp().sum(1, keepdim=True).log()
    own, all_of_them = log_p[torch.arange(len(y)), y], log_p.sum(1)
    expected = -((1 - share) * own + share / 4 * all_of_them).mean()
    found = trainer.learners[0].eager.loss(outputs, build_training_targets(start, trainer.data))
    assert found.item() == pytest.approx(expected.item(), rel=1e-5)
    torch_own = torch.nn.functional.cross_entropy(outputs, y, label_smoothing=share)
    assert found.item() == pytest.approx(torch_own.item(), rel=1e-5)
    row = trainer.advance(deadline=math.inf, until_epoch=1).epochs[0]
    trainer.network.eval()
    held = torch.nn.functional.cross_entropy(trainer.network(trainer.validation_x).detach(), trainer.validation_y)
    assert row.validation_loss == pytest.approx(held.item(), rel=1e-5), "against the true labels"
    assert 0 < row.train_metric < 1


def test_best_logits_under_label_smoothing() -> None:
    """The documented gap ln((1 − ε) C / ε + 1) between the right logit and the others is where the gradient is zero."""
    share, classes = 0.2, 5
    logits = torch.zeros(1, classes, dtype=torch.float64)
    logits[0, 2] = math.log((1 - share) * classes / share + 1)
    target = torch.full((1, classes), share / classes, dtype=torch.float64)
    target[0, 2] += 1 - share
    logits.requires_grad_()
    torch.nn.functional.cross_entropy(logits, target).backward()  # type: ignore[no-untyped-call]
    assert logits.grad is not None
    assert logits.grad.abs().max() < 1e-12


def test_label_smoothing_needs_classes() -> None:
    start = experiment(data={"kind": "plane"}, loss={"kind": "mse"}, regularizers=[{"kind": "label_smoothing"}])
    with pytest.raises(InvalidExperiment, match=r"^\$\.regularizers\[0\] \(label_smoothing\): .* for classification$"):
        prepare(start)


IMAGES: dict[str, Any] = {
    "data": {"kind": "digits", "layout": "image"},
    "network": [{"kind": "conv2d", "filters": 3}, {"kind": "flatten"}, {"kind": "dense", "width": 6}],
    "optimizer": {"kind": "sgd", "lr": 0.5},
    "device": "cpu",
    "batch_size": 64,
    "steps": 30,
}


@pytest.mark.parametrize("limit", [0.3, 1.0])
def test_max_norm_holds_after_every_step(limit: float) -> None:
    start = Experiment.from_dict({**IMAGES, "regularizers": [{"kind": "max_norm", "limit": limit}]})
    trainer = Trainer(start, Never())
    reached = 0
    for step in range(1, 31):
        trainer.advance(deadline=math.inf, until_step=step)
        for weight in trainer.network.select_weights():
            norms = weight.detach().double().flatten(1).norm(dim=1)
            assert norms.max() <= limit * (1 + 1e-6)
            reached += int((norms > limit * (1 - 1e-6)).sum())
    assert reached > 30
    biases = [p for name, p in trainer.network.named_parameters() if name.endswith("bias")]
    assert max(float(b.detach().abs().max()) for b in biases) > 0


@covers("regularizers.max_norm")
def test_max_norm_shrinks_by_its_factor_and_leaves_short_weights() -> None:
    plain, limited = (
        Trainer(Experiment.from_dict({**IMAGES, "regularizers": rules}), Never())
        for rules in ([], [{"kind": "max_norm", "limit": 0.9}])
    )
    for trainer in (plain, limited):
        trainer.advance(deadline=math.inf, until_step=1)
    for one, other in zip(plain.network.select_weights(), limited.network.select_weights(), strict=True):
        rows = one.detach().double().flatten(1)
        factor = (0.9 / rows.norm(dim=1, keepdim=True)).clamp(max=1)
        np.testing.assert_allclose(other.detach().flatten(1), rows * factor, rtol=1e-5, atol=1e-8)


@covers("regularizers.clip_value")
def test_clipping_by_value_bounds_every_entry_before_clipping_by_norm() -> None:
    rules = [{"kind": "clip_norm", "threshold": 0.004}, {"kind": "clip_value", "threshold": 0.001}]
    for chosen, order in ((rules[1:], "value"), (rules, "both"), (rules[::-1], "both")):
        trainer = Trainer(Experiment.from_dict({**IMAGES, "regularizers": chosen}), Never())
        plain = Trainer(Experiment.from_dict({**IMAGES, "regularizers": []}), Never())
        for one in (trainer, plain):
            one.advance(deadline=math.inf, until_step=1)
        whole = torch.cat([p.grad.double().flatten() for p in plain.network.parameters() if p.grad is not None])
        found = torch.cat([p.grad.double().flatten() for p in trainer.network.parameters() if p.grad is not None])
        expected = whole.clamp(-0.001, 0.001)
        assert (expected != whole).double().mean() > 0.2
        if order == "both":
            expected = expected * min(1.0, 0.004 / float(expected.norm()))
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-10)
