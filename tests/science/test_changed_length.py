"""Schedules over a run whose length an edit of the batch size changes: they go on from where they were, and end when
the run does. What is expected is worked out here by counting batches, one after the other."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch

from engine.catalogue.part import catalogue
from engine.experiment.edits import Edit
from engine.experiment.experiment import Experiment
from engine.export.program.replay import TimedEdit
from engine.parts.schedules import Schedule, ScheduleProgress
from engine.training.trainer import Trainer
from tests.export.running import expect_same, in_process
from tests.science.measured import Never

SMALL: dict[str, Any] = {
    "data": {"kind": "circle", "samples": 202},  # 101 to train with: 10, 10 … 11
    "network": [{"kind": "dense", "width": 4}],
    "optimizer": {"kind": "sgd", "lr": 1.0},
    "stopping": {"divergence": False},
    "batch_size": 10,
    "steps": None,
    "epochs": 8,
    "device": "cpu",
}
Sizes = Sequence[tuple[int, int]]  # step, batch size from there on
EDITS: dict[str, Sizes] = {
    "none": (),
    "at the start": ((0, 25),),
    "between epochs": ((30, 50),),
    "within an epoch": ((33, 50),),
    "often": ((7, 3), (8, 4), (9, 100), (20, 10), (20, 20), (27, 1)),
    "to and fro": ((14, 50), (15, 10)),
    "last epoch": ((73, 2),),
}


def batches(examples: int, sizes: Sizes, first: int, epochs: int, most: int | None) -> list[int]:
    """The steps left of the run after each of its steps, given the edits that were known then, counted singly."""

    def counted(step: int, epoch: int, left: int, size: int) -> int:
        done = 0
        while epoch < epochs and (most is None or step + done < most):
            left -= left if left == size + 1 and size > 1 else min(left, size)
            done += 1
            if left == 0:
                epoch, left = epoch + 1, examples
        return done

    found: list[int] = []
    step, epoch, left, size = 0, 0, examples, first
    while True:
        size = next((value for at, value in reversed(sizes) if at <= step), first)
        found.append(counted(step, epoch, left, size))
        if found[-1] == 0:
            return found[:-1]
        left -= left if left == size + 1 and size > 1 else min(left, size)
        step += 1
        if left == 0:
            epoch, left = epoch + 1, examples


def shares(remaining: list[int], first: int = 0, ending: int = 0) -> list[float]:
    """The share of the way at each step: every step goes the same part of what is left as all those to come."""
    share, found = 0.0, []
    for step, left in enumerate(remaining):
        found.append(share)
        if step >= first:
            share += (1 - share) / max(1, left - ending)
    return found


def half(share: float) -> float:
    """Half a cosine wave down."""
    return (1 + math.cos(math.pi * share)) / 2


def cycle(share: float, total: int) -> float:
    """One cycle at its share of the steps between the first and the last."""
    at, top = share * (total - 1), 0.3 * total - 1
    if at <= top:
        return 1 + (1 / 25 - 1) * half(at / top)
    low = 1 / 25 / 10_000
    return low + (1 - low) * half((at - top) / (total - 1 - top))


def rates(trainer: Trainer, sizes: Sizes) -> tuple[list[float], list[float]]:
    """The learning rate and the loss of every step, with the batch size edited at its steps."""
    found, losses = [], []
    while trainer.status == "running":
        for step, size in sizes:
            if step == trainer.step:
                trainer.edit(Edit(path="batch_size", value=size))
        losses += trainer.advance(deadline=0.0).losses
        found.append(trainer.learners[0].eager.lr)
    return found, losses


def test_the_field_case() -> None:
    """Digits in batches of 10 over 10 epochs with a cosine; after epoch 5 batches of 100."""
    more = {"data": {"kind": "digits"}, "schedule": {"kind": "cosine"}, "epochs": 10, "network": []}
    found, _ = rates(Trainer(Experiment.from_dict({**SMALL, **more}), Never()), ((450, 100),))
    expected = [half(k / 900) for k in range(450)] + [half(0.5 + 0.5 * k / 45) for k in range(45)]
    assert len(found) == 495
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-12)
    assert found[450] == pytest.approx(0.5)
    assert found[494] < 0.001


@pytest.mark.parametrize("edits", EDITS)
@pytest.mark.parametrize("kind", ["cosine", "one_cycle", "warmup", "linear", "warm_restarts", "piecewise"])
def test_every_schedule_ends_with_the_run(kind: str, edits: str) -> None:
    schedule: dict[str, Any] = {"kind": kind}
    if kind in ("warmup", "linear"):
        schedule = {"kind": "warmup", "rise": 18, "after": "cosine" if kind == "warmup" else "linear"}
    if kind == "warm_restarts":
        schedule |= {"cycle": 20}
    if kind == "piecewise":
        schedule |= {"first": 3, "second": 2}
    sizes = EDITS[edits]
    found, _ = rates(Trainer(Experiment.from_dict({**SMALL, "schedule": schedule}), Never()), sizes)
    left = batches(101, sizes, 10, 8, None)
    assert len(found) == len(left)
    whole = left[0] if not sizes or sizes[0][0] == 0 else 80
    after, done = shares(left, 18), shares(left)
    courses: dict[str, Callable[[int], float]] = {
        "cosine": lambda step: half(done[step]),
        "one_cycle": lambda step: cycle(shares(left, 0, 1)[step], whole),
        "warmup": lambda step: (step + 1) / 18 if step < 18 else half(after[step]),
        "linear": lambda step: (step + 1) / 18 if step < 18 else 1 - after[step],
        "warm_restarts": lambda step: restarted(step, 20),
        "piecewise": lambda step: (1.0, 0.1, 0.01)[(epochs(sizes)[step] >= 3) + (epochs(sizes)[step] >= 5)],
    }
    expected = courses[kind]
    assert found == pytest.approx([expected(step) for step in range(len(left))], rel=1e-7, abs=1e-9)


def restarted(step: int, length: int) -> float:
    """A wave that starts again, twice as long each time: it counts steps, whatever their size."""
    while step >= length:
        step, length = step - length, 2 * length
    return half(step / length)


def epochs(sizes: Sizes) -> list[int]:
    """The whole epochs before each step."""
    found: list[int] = []
    left, size, epoch = 101, 10, 0
    while epoch < 8:
        size = next((value for at, value in reversed(sizes) if at <= len(found)), 10)
        found.append(epoch)
        left -= left if left == size + 1 and size > 1 else min(left, size)
        if left == 0:
            epoch, left = epoch + 1, 101
    return found


@pytest.mark.parametrize("steps", [40, 60, 500])
def test_a_run_that_has_steps_and_epochs_ends_with_what_comes_first(steps: int) -> None:
    value = Experiment.from_dict({**SMALL, "schedule": {"kind": "cosine"}, "steps": steps})
    sizes = ((25, 40), (31, 5))
    found, _ = rates(Trainer(value, Never()), sizes)
    left = batches(101, sizes, 10, 8, steps)
    assert len(found) == len(left)
    assert found == pytest.approx([half(share) for share in shares(left)], rel=1e-9, abs=1e-12)


MORE: dict[str, dict[str, Any]] = {
    "one network": {"schedule": {"kind": "one_cycle"}},
    "members": {"schedule": {"kind": "cosine"}, "ensemble": {"kind": "bagging", "members": 2}},
    "resampled": {"schedule": {"kind": "warmup", "rise": 30, "after": "cosine"}, "balance": "resampling"},
    "both limits": {"schedule": {"kind": "cosine"}, "steps": 70},
}


@pytest.mark.parametrize("name", MORE)
@pytest.mark.parametrize("edits", ["within an epoch", "often"])
def test_export_and_resume_take_the_same_rates(name: str, edits: str) -> None:
    value = Experiment.from_dict({**SMALL, **MORE[name], "optimizer": {"kind": "sgd", "lr": 0.1}})
    found, losses = rates(Trainer(value, Never()), EDITS[edits])
    timed = [TimedEdit(step, Edit(path="batch_size", value=size)) for step, size in EDITS[edits]]
    expect_same(in_process(value, 10_000, timed), losses)
    trainer, again = Trainer(value, Never()), []
    while trainer.status == "running":
        for step, size in EDITS[edits]:
            if step == trainer.step:
                trainer.edit(Edit(path="batch_size", value=size))
        torch.save(trainer.state(), file := io.BytesIO())
        trainer = Trainer.restore(torch.load(io.BytesIO(file.getvalue()), weights_only=True), Never())
        trainer.advance(deadline=0.0)
        again.append(trainer.learners[0].eager.lr)
    assert again == found


def part(kind: str, **fields: Any) -> Schedule:
    """The schedule."""
    part: Schedule = catalogue(Schedule)[kind].model_validate({"kind": kind, **fields})
    return part


def test_without_edits_nothing_is_rounded_otherwise() -> None:
    for total in (1, 2, 7, 100, 997, 50_000):
        for step in {0, 1, total // 3, total // 2, total - 1, total, total + 3}:
            for now in (ScheduleProgress(step, 0, total), ScheduleProgress(step, 0, total, ((0, total),))):
                done = min(1.0, step / max(1, total))
                assert (
                    part("cosine", floor=0.1).compute_factor(now)
                    == 0.1 + (1 - 0.1) * (1 + math.cos(math.pi * done)) / 2
                )
                after = min(1.0, (step - 5) / max(1, total - 5))
                if step >= 5:
                    assert part("warmup", rise=5, after="linear").compute_factor(now) == 1 - after
                top, last = 0.3 * total - 1, total - 1
                if step > top:
                    wave = (1 + math.cos(math.pi * min(1.0, (step - top) / max(last - top, 1e-9)))) / 2
                    low = 1 / 25 / 10_000
                    assert part("one_cycle").compute_factor(now) == low + (1 - low) * wave
