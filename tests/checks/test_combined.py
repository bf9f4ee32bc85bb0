"""Checks of what has more than a network and a loss: several ends, members, attacks, gaps, noise."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

from engine.catalogue.part import catalogue
from engine.checks import Check, Outcome
from engine.examples import Examples
from engine.experiment.experiment import Experiment
from engine.jobs.run_checks import run_checks
from engine.training.check_context import FEWEST, CheckContext
from tests.checks.test_checks import context, examined

CODE: list[dict[str, Any]] = [{"kind": "dense", "width": 24, "label": "code"}]
DIGITS: dict[str, Any] = {"data": {"kind": "digits"}, "preprocessing": [{"kind": "min_max"}]}


def several(*ends: dict[str, Any], **changed: Any) -> CheckContext:
    return context(**{**DIGITS, "network": [*CODE, *ends], **changed})


def test_the_first_loss_of_several_ends_is_their_weighed_sum() -> None:
    where = several(
        {"kind": "reconstruct", "weight": 2.0},
        {"kind": "head", "target": {"kind": "parity"}, "weight": 0.5},
        output_weight=3.0,
    )
    found = examined("initial_loss", where)
    x = where.data.train_x.numpy().astype(np.float64)
    by_hand = 3 * math.log(10) + 2 * float((x**2).mean()) + 0.5 * math.log(2)
    assert found.numbers["theory"] == pytest.approx(by_hand, rel=1e-6)
    assert found.numbers["small"] == pytest.approx(by_hand, rel=1e-2)
    assert found.verdict in ("pass", "warn")


@pytest.mark.parametrize(
    "ends",
    [
        [{"kind": "head", "target": {"kind": "parity"}}],
        [{"kind": "reconstruct"}],
        [{"kind": "detach"}, {"kind": "head", "of": "code"}],
    ],
    ids=["head", "reconstruct", "detach"],
)
def test_several_ends_pass(ends: list[dict[str, Any]]) -> None:
    for kind in catalogue(Check):
        found = examined(kind, several(*ends))
        assert found.verdict == "pass", (kind, found)


def test_a_detached_branch_has_no_gradient_and_that_is_right() -> None:
    where = several({"kind": "reconstruct"}, {"kind": "detach"})
    found = examined("gradient", where)
    assert found.verdict == "pass"
    assert found.numbers["checked"] > found.numbers["bends"]


@pytest.mark.parametrize(
    "changed",
    [
        {"attack": {"kind": "pgd"}},
        {"attack": {"kind": "fgsm", "share": 0.0}},
        {"ensemble": {"kind": "bagging", "members": 3}},
    ],
    ids=["pgd", "measured", "bagging"],
)
def test_members_and_attacks_are_left_out(changed: dict[str, Any]) -> None:
    def plain(outcome: Outcome) -> dict[str, Any]:
        return outcome.plain()

    for kind in catalogue(Check):
        assert plain(examined(kind, context(**changed))) == plain(examined(kind, context())), kind


def test_a_limit_of_the_gradient_stays_when_a_handful_is_learned() -> None:
    changed = {
        "data": {"kind": "adding", "samples": 80, "length": 10},
        "network": [{"kind": "rnn", "units": 12, "nonlinearity": "relu"}],
        "loss": {"kind": "mse"},
        "optimizer": {"kind": "sgd", "lr": 3.0},
    }
    wild = examined("overfit", context(**changed))
    assert not math.isfinite(wild.numbers["last"])
    tamed = examined("overfit", context(**changed, regularizers=[{"kind": "clip_norm", "threshold": 0.01}]))
    assert math.isfinite(tamed.numbers["last"])


def test_a_penalty_of_one_layer_is_that_of_its_weights() -> None:
    where = context(regularizers=[{"kind": "l2", "strength": 0.1, "layers": "1"}])
    found = examined("regularization", where)
    first = where.network().stages[0].weights[0].tensor
    squares = float((first.detach().double().numpy() ** 2).sum())
    assert found.verdict == "pass"
    assert found.numbers["once"] - found.numbers["plain"] == pytest.approx(0.05 * squares, rel=1e-5)


def test_gaps_are_filled_before_anything_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.random.default_rng(0).normal(size=(120, 3)).astype(np.float32)
    y = (x[:, 0] > 0).astype(np.int64)
    x[::7, 1] = np.nan
    given = Examples(x, y, "classification", ("a", "b"))
    monkeypatch.setattr("engine.data.prepare.load_examples", lambda *_: given)
    found = {one["kind"]: one["verdict"] for one in run_checks(context().experiment, context())}
    assert set(found.values()) == {"pass"}


def test_the_budget_is_counted_in_operations() -> None:
    small, large = CheckContext(Experiment()), several()
    assert small.count_affordable_steps(10) == CheckContext(Experiment()).count_affordable_steps(10) > FEWEST
    assert large.count_affordable_steps(8192) < large.count_affordable_steps(64)
    deep = context(**DIGITS, network=[{"kind": "dense", "width": 1024}] * 12)
    assert deep.count_affordable_steps(512) == FEWEST


def test_a_busy_machine_is_not_the_network_s_fault() -> None:
    slow = CheckContext(Experiment.from_dict({"optimizer": {"kind": "sgd", "lr": 1e-6}}), seconds=0.0)
    found = examined("overfit", slow)
    assert found.verdict == "warn"
    assert "too busy" in str(found.remedy)
    torch.set_num_threads(1)
