"""Following the validation losses one by one comes to the same as looking at all of them."""

from __future__ import annotations

import random

import pytest

from engine.experiment.experiment import Experiment
from engine.training.validation_monitor import ValidationMonitor

RULES = [{"kind": "early_stopping", "patience": 6, "min_delta": 0.01}]


@pytest.mark.parametrize("seed", range(5))
def test_one_by_one_is_all_at_once(seed: int) -> None:
    chance = random.Random(seed)
    losses = [chance.choice((0.3, 0.5, 1.0)) * chance.uniform(0.9, 1.1) for _ in range(60)]
    plateau = {"kind": "on_plateau", "patience": 3, "fall": 0.5}
    experiment = Experiment.from_dict({"regularizers": RULES, "schedule": plateau})
    (rule,) = experiment.regularizers
    watch = ValidationMonitor(experiment)
    for count, loss in enumerate(losses, 1):
        watch.add_epoch(loss)
        so_far = losses[:count]
        waited = count - 1 - max(i for i in range(count) if improves(so_far, i))
        assert watch.should_stop == rule.should_stop_after(so_far) == (waited >= 6)
        assert watch.best_epoch == 1 + so_far.index(min(so_far))
        assert watch.has_improved == (loss < min(so_far[:-1], default=float("inf")))
        assert watch.factor == experiment.schedule.compute_epoch_factor(so_far)
    assert watch.factor < 1
    assert ValidationMonitor(experiment, losses).factor == watch.factor
    assert ValidationMonitor(experiment, losses).rule_states == watch.rule_states


def improves(losses: list[float], place: int) -> bool:
    """Whether an epoch counted as an improvement by more than 0.01 on the last that did."""
    best = float("inf")
    for number, loss in enumerate(losses[: place + 1]):
        better = loss < best - 0.01
        best = loss if better else best
        if number == place:
            return better
    return False


def test_nobody_who_cares_nothing_to_keep() -> None:
    watch = ValidationMonitor(Experiment())
    for loss in (3.0, 2.0, 1.0):
        watch.add_epoch(loss)
        assert not watch.has_improved
        assert not watch.should_stop
        assert watch.factor == 1
