"""Optimizers that ask for gradients themselves: what the run shows of a step, and what a step leaves alone."""

from __future__ import annotations

import copy
import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from engine.experiment.edits import Edit
from engine.experiment.experiment import Experiment
from engine.training.trainer import Trainer
from tests.science.measured import Always, Never
from tests.science.references import covers

NESTEROV = {"kind": "lookahead_nesterov", "lr": 0.5, "momentum": 0.8}
LBFGS = {"kind": "lbfgs", "lr": 0.5, "iterations": 5, "history": 4}


def run(optimizer: dict[str, Any], **more: Any) -> Experiment:
    """A small classifier."""
    data = {
        "data": {"kind": "circle", "samples": 200, "noise": 0.2},
        "network": [{"kind": "dense", "width": 6, "activation": {"kind": "tanh"}}],
        "optimizer": optimizer,
        "batch_size": 20,
        "steps": 30,
        "device": "cpu",
    }
    return Experiment.from_dict({**data, **more})


def loss_at(trainer: Trainer, weights: list[Tensor], x: Tensor, y: Tensor, l2: float) -> tuple[Tensor, list[Tensor]]:
    """Loss without penalty, and gradient with it, of the two-layer network in float64."""
    leaves = [w.clone().requires_grad_() for w in weights]
    hidden = torch.tanh(x.double() @ leaves[0].T + leaves[1])
    loss = functional.cross_entropy(hidden @ leaves[2].T + leaves[3], y)
    whole = loss + l2 / 2 * ((leaves[0] ** 2).sum() + (leaves[2] ** 2).sum())
    return loss.detach(), list(torch.autograd.grad(whole, leaves))


def test_nesterov_takes_its_gradient_ahead_and_the_instruments_see_the_step_itself() -> None:
    rules = [{"kind": "l2", "strength": 0.05}]
    trainer = Trainer(run(NESTEROV, regularizers=rules, schedule={"kind": "inverse_time", "delta": 0.5}), Always())
    weights = [p.detach().double() for p in trainer.network.parameters()]
    means = [torch.zeros_like(w) for w in weights]
    for step in range(12):
        start = trainer.order.cursor
        x, y = (part[start : start + 20].clone() for part in (trainer.order.epoch_x, trainer.order.epoch_y))
        rate = 0.5 * 1.5 / (1 + 0.5 * (step // 5 + 1))
        ahead = [w - rate * 0.8 * m for w, m in zip(weights, means, strict=True)]
        loss, gradients = loss_at(trainer, ahead, x, y, 0.05)
        after = [a - rate * 0.2 * g for a, g in zip(ahead, gradients, strict=True)]
        frame = trainer.advance(deadline=0.0).frames[0]
        for got, expected in zip(trainer.network.parameters(), after, strict=True):
            torch.testing.assert_close(got.detach().double(), expected, rtol=1e-4, atol=1e-5)
        norms = [float(gradients[0].norm()), float(gradients[2].norm())]
        moves = [float((after[i] - weights[i]).norm() / weights[i].norm()) for i in (0, 2)]
        np.testing.assert_allclose(frame.readings["loss"], [float(loss)], rtol=1e-4)
        np.testing.assert_allclose(frame.readings["gradient_norm"], norms, rtol=1e-3)
        np.testing.assert_allclose(frame.readings["update_ratio"], moves, rtol=1e-3)
        np.testing.assert_allclose(frame.readings["lr"], [rate], rtol=1e-6)
        means = [0.8 * m + 0.2 * g for m, g in zip(means, gradients, strict=True)]
        weights = [p.detach().double() for p in trainer.network.parameters()]


@covers("optimizers.lbfgs", "regularizers.l2")
def test_lbfgs_is_torchs_on_loss_and_penalty() -> None:
    """One batch of the whole split: the same path as torch's, given the penalized loss by hand."""
    start = run(LBFGS, regularizers=[{"kind": "l2", "strength": 0.02}], batch_size=8192, steps=8)
    trainer = Trainer(start, Always())
    twin = copy.deepcopy(trainer.network)
    reference = torch.optim.LBFGS(twin.parameters(), **start.optimizer.settings)
    for _ in range(8):
        x, y = trainer.order.epoch_x.clone(), trainer.order.epoch_y.clone()
        before = [p.detach().clone() for p in trainer.network.parameters()]
        calls: list[Tensor] = []

        def closure(x: Tensor = x, y: Tensor = y, calls: list[Tensor] = calls) -> Tensor:
            reference.zero_grad()
            loss = functional.cross_entropy(twin(x), y)
            calls.append(loss.detach())
            whole = loss + 0.01 * sum((w**2).sum() for w in twin.select_weights())
            whole.backward()  # type: ignore[no-untyped-call]
            return whole

        reference.step(closure)  # type: ignore[no-untyped-call]
        frame = trainer.advance(deadline=0.0).frames[0]
        assert len(calls) > 1
        np.testing.assert_allclose(frame.readings["loss"], [float(calls[0])], rtol=1e-5)
        for got, expected in zip(trainer.network.parameters(), twin.parameters(), strict=True):
            torch.testing.assert_close(got, expected, rtol=2e-2, atol=2e-3)
        after = [p.detach() for p in trainer.network.parameters()]
        moves = [float((after[i] - before[i]).norm() / before[i].norm()) for i in (0, 2)]
        np.testing.assert_allclose(frame.readings["update_ratio"], moves, rtol=1e-4)
        twin.load_state_dict(trainer.network.state_dict())


def test_lbfgs_learns_in_a_few_steps_what_sgd_needs_many_for() -> None:
    trainer = Trainer(run({"kind": "lbfgs"}, batch_size=8192, steps=15), Never())
    losses = trainer.advance(deadline=math.inf).losses
    assert losses[-1] < 0.2 * losses[0]
    assert all(after <= before + 1e-6 for before, after in pairwise(losses)), "the search guards it"


@pytest.mark.parametrize("optimizer", [NESTEROV, LBFGS], ids=lambda o: o["kind"])
def test_one_draw_of_dropout_a_step_and_statistics_move_once(optimizer: dict[str, Any]) -> None:
    network = [
        {"kind": "dense", "width": 8, "activation": {"kind": "identity"}},
        {"kind": "batch_norm", "momentum": 0.5},
        {"kind": "activation"},
        {"kind": "dropout", "rate": 0.4},
    ]
    trainer = Trainer(run(optimizer, network=network), Never())
    for step in range(1, 6):
        x = trainer.order.epoch_x[trainer.order.cursor : trainer.order.cursor + 20].clone()
        dense: Any = trainer.network.stages[0].module
        norm: Any = trainer.network.stages[1].module
        before = norm.running_mean.clone()
        means = dense(x).detach().mean(0) if optimizer is LBFGS or step == 1 else None
        trainer.advance(deadline=0.0)
        assert norm.num_batches_tracked.item() == step
        if means is not None:
            torch.testing.assert_close(norm.running_mean, (before + means) / 2, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("optimizer", [NESTEROV, LBFGS], ids=lambda o: o["kind"])
def test_a_loss_that_is_not_finite_leaves_the_weights_alone(optimizer: dict[str, Any]) -> None:
    trainer = Trainer(run(optimizer), Never())
    trainer.advance(deadline=math.inf, until_step=6)
    trainer.order.epoch_x[:] = math.nan
    before = [p.detach().clone() for p in trainer.network.parameters()]
    trainer.advance(deadline=0.0)
    assert trainer.status == "diverged"
    assert all(torch.equal(a, b) for a, b in zip(before, trainer.network.parameters(), strict=True))


@pytest.mark.parametrize("optimizer", [NESTEROV, LBFGS], ids=lambda o: o["kind"])
def test_watching_changes_nothing_and_edits_act(optimizer: dict[str, Any]) -> None:
    ends = []
    for clock in (Never(), Always()):
        trainer = Trainer(run(optimizer), clock)
        losses = trainer.advance(deadline=math.inf, until_step=10).losses
        trainer.edit(Edit(path="optimizer.lr", value=0.125))
        losses += trainer.advance(deadline=math.inf).losses
        assert trainer.learners[0].eager.lr == 0.125
        ends.append(losses)
    assert ends[0] == ends[1]
    assert len(ends[0]) == 30
