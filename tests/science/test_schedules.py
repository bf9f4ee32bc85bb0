"""Schedules: formulas, torch's own where it has them, and the steps really taken."""

from __future__ import annotations

import io
import math
from typing import Any

import pytest
import torch
from torch import nn

from engine.catalogue.part import catalogue
from engine.experiment.experiment import Experiment
from engine.parts.schedules import Schedule, ScheduleProgress
from engine.training.trainer import Trainer
from tests.science.measured import Always, Never, close, norm, sample
from tests.science.references import covers
from tests.science.test_optimizers import circle_run

SCHEDULES: list[tuple[dict[str, Any], int, float]] = [
    ({"kind": "constant"}, 20, 1.0),
    ({"kind": "step", "every": 2, "gamma": 0.3}, 33, 0.3),  # step 33 is the third of epoch 3
    ({"kind": "step", "every": 1, "gamma": 0.3}, 33, 0.09),
    ({"kind": "exponential", "gamma": 0.8}, 48, 0.8**3),
    ({"kind": "cosine", "floor": 0.1}, 101, 0.1 + 0.9 * 0.5),  # 100 of 200 steps taken: half way
    ({"kind": "inverse_time", "delta": 0.5}, 33, 1.5 / 2.5),
    ({"kind": "inverse_sqrt"}, 48, 0.5),
    ({"kind": "piecewise", "first": 1, "first_fall": 0.3, "second": 2, "second_fall": 0.5}, 20, 0.3),
    ({"kind": "piecewise", "first": 1, "first_fall": 0.3, "second": 2, "second_fall": 0.5}, 48, 0.15),
    ({"kind": "warmup", "rise": 40}, 20, 0.5),
    ({"kind": "warmup", "rise": 40, "after": "linear"}, 121, 0.5),
    ({"kind": "warm_restarts", "cycle": 40, "growth": 2}, 81, 0.5),
    ({"kind": "cosine", "floor": 0.0}, 51, (1 + math.cos(math.pi / 4)) / 2),
]


@pytest.mark.parametrize(("schedule", "at", "factor"), SCHEDULES)
def test_schedule_is_in_the_step_really_taken(schedule: dict[str, Any], at: int, factor: float) -> None:
    found = sample(circle_run(schedule=schedule), at, factor)
    close(found.frame.readings["lr"], [0.4 * factor], 1e-6)
    for place, key in found.weighted():
        change = found.after[place][key] - found.before[place][key]
        expected = -0.4 * factor * found.step.gradients[place, key]
        assert norm(change - expected) < 1e-4 * norm(expected)


def part(kind: str, **fields: Any) -> Schedule:
    """The schedule."""
    part: Schedule = catalogue(Schedule)[kind].model_validate({"kind": kind, **fields})
    return part


@pytest.mark.parametrize("finished", [0, 1, 49, 50, 99, 100, 149, 1000])
@covers(
    *(
        f"schedules.{kind}"
        for kind in ("constant", "step", "exponential", "cosine", "inverse_time", "inverse_sqrt", "piecewise")
    )
)
def test_formulas_of_epochs(finished: int) -> None:
    """With e the number of the epoch, from 1."""
    e = 1 + finished
    now = ScheduleProgress(step=finished * 10 + 3, epoch=finished, total_steps=5000)
    expected = {
        "constant": 1.0,
        "step": 0.5 ** math.floor((e - 1) / 50),
        "exponential": math.exp((e - 1) * math.log(0.99)),
        "cosine": (1 + math.cos(math.pi * min(1, now.step / 5000))) / 2,
        "inverse_time": 1.05 / (1 + 0.05 * e),
        "inverse_sqrt": 1 / math.sqrt(e),
        "piecewise": 1.0 if e <= 50 else 0.1 if e <= 100 else 0.01,
    }
    for kind, value in expected.items():
        assert part(kind).compute_factor(now) == pytest.approx(value, rel=1e-12, abs=1e-15)
        assert part(kind).compute_epoch_factor([1.0] * finished) == 1


def torchs(make: Any, count: int) -> list[float]:
    """The rates of a scheduler of torch's, one a step."""
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler, rates = make(optimizer), []
    for _ in range(count):
        rates.append(float(optimizer.param_groups[0]["lr"]))
        optimizer.step()
        scheduler.step()
    return rates


@pytest.mark.parametrize("count", [7, 200, 1001])
@pytest.mark.parametrize("rise", [0.3, 0.7])
@covers("schedules.one_cycle")
def test_one_cycle_is_torchs(count: int, rise: float) -> None:
    lr = torch.optim.lr_scheduler
    rates = torchs(lambda o: lr.OneCycleLR(o, 1.0, total_steps=count + 1, pct_start=rise, cycle_momentum=False), count)
    own = part("one_cycle", rise=rise)
    got = [own.compute_factor(ScheduleProgress(step, 0, count + 1)) for step in range(count)]
    assert got == pytest.approx(rates, rel=1e-9, abs=1e-15)


@pytest.mark.parametrize("growth", [1, 2, 3])
@covers("schedules.warm_restarts")
def test_warm_restarts_are_torchs(growth: int) -> None:
    lr = torch.optim.lr_scheduler
    rates = torchs(lambda o: lr.CosineAnnealingWarmRestarts(o, 13, growth, eta_min=0.1), 300)
    own = part("warm_restarts", cycle=13, growth=growth, floor=0.1)
    assert [own.compute_factor(ScheduleProgress(step, 0, 300)) for step in range(300)] == pytest.approx(rates, rel=1e-9)


@covers("schedules.warmup")
def test_warmup() -> None:
    own = [part("warmup", rise=10, after=after) for after in ("constant", "linear", "cosine")]
    for step in range(10):
        assert [s.compute_factor(ScheduleProgress(step, 0, 110)) for s in own] == [pytest.approx((step + 1) / 10)] * 3
    for step in (10, 35, 60, 110):
        done = (step - 10) / 100
        values = [s.compute_factor(ScheduleProgress(step, 0, 110)) for s in own]
        assert values == pytest.approx([1.0, 1 - done, (1 + math.cos(math.pi * done)) / 2], abs=1e-15)
    assert part("warmup", rise=500).compute_factor(ScheduleProgress(99, 0, 100)) == 0.2, "longer than the run"


@pytest.mark.parametrize("patience", [0, 1, 4])
@covers("schedules.on_plateau")
def test_on_plateau_is_torchs(patience: int) -> None:
    generator = torch.Generator().manual_seed(patience)
    noise = torch.randn(120, generator=generator).tolist()
    losses = [math.exp(-e / 15) + 0.3 + 0.02 * x for e, x in enumerate(noise)]
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    reference = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer, factor=0.4, patience=patience, threshold=1e-3, min_lr=0.01, eps=0.0
    )
    own = part("on_plateau", patience=patience, fall=0.4, least_gain=1e-3, floor=0.01)
    seen = set()
    for count, loss in enumerate(losses, 1):
        reference.step(loss)
        factor = own.compute_epoch_factor(losses[:count])
        assert factor == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-12)
        seen.add(round(factor, 9))
    assert len(seen) >= 3


def plateau_run() -> Experiment:
    """A run whose validation loss soon rises."""
    return circle_run(
        data={"kind": "circle", "samples": 60, "noise": 0.5},
        network=[{"kind": "dense", "width": 24}],
        optimizer={"kind": "adam", "lr": 0.05},
        schedule={"kind": "on_plateau", "patience": 2, "fall": 0.5},
        steps=90,
    )


def test_on_plateau_in_the_steps_really_taken_and_after_being_restored() -> None:
    whole = Trainer(plateau_run(), Always())
    progress = whole.advance(deadline=math.inf)
    rates = [float(frame.readings["lr"][0]) for frame in progress.frames]
    held = [row.validation_loss for row in progress.epochs]
    schedule = whole.experiment.schedule
    expected = [0.05 * schedule.compute_epoch_factor(held[: step // 3]) for step in range(90)]
    assert rates == pytest.approx(expected, rel=1e-6)
    assert len(set(rates)) > 3
    for cut in (40, 42):  # inside an epoch, and between two
        pieces = Trainer(plateau_run(), Never())
        losses = pieces.advance(deadline=math.inf, until_step=cut).losses
        file = io.BytesIO()
        torch.save(pieces.state(), file)
        file.seek(0)
        pieces = Trainer.restore(torch.load(file, weights_only=True), Never())
        losses += pieces.advance(deadline=math.inf).losses
        assert losses == progress.losses
