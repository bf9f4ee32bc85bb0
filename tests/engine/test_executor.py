"""The seam: whatever takes the steps of a stretch, the run is the same."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pytest
import torch

from engine.experiment.experiment import Experiment
from engine.training.capture import Capture
from engine.training.clock import FrameClock
from engine.training.executor import GROUP, EagerExecutor, Observe, Plan, StopCondition, Stretch
from engine.training.frame_grid import is_on_grid
from engine.training.learner import Learner
from engine.training.trainer import Trainer

MEMBERS = {"kind": "bagging", "members": 2}
BUSY: dict[str, Any] = {
    "data": {"kind": "spiral", "samples": 240},
    "network": [{"kind": "dense", "width": 6}, {"kind": "dropout"}],
    "augmentations": [{"kind": "noise"}],
    "schedule": {"kind": "cosine"},
    "batch_size": 2,
    "epochs": 2,
    "device": "cpu",
}
WILD: dict[str, Any] = {
    **BUSY,
    "network": [{"kind": "dense", "width": 6, "activation": {"kind": "identity"}}],
    "loss": {"kind": "mse"},
    "optimizer": {"kind": "sgd", "lr": 0.295},
    "augmentations": [],
    "schedule": {"kind": "constant"},
}


class Seldom(EagerExecutor):
    """As a native loop would be: it looks at the clock after the whole stretch alone."""

    def __init__(self) -> None:
        self.stretches: list[tuple[int, int, bool]] = []

    def run(
        self,
        learners: Sequence[Learner],
        plan: Plan,
        until: StopCondition,
        observe: Observe,
        capture: Capture | None = None,
    ) -> Stretch:
        found = super().run(learners, plan, StopCondition(until.steps), observe, capture)
        self.stretches.append((plan.first, len(found.losses), capture is not None))
        return found


def run(document: dict[str, Any], executor: EagerExecutor | None = None, on_device: bool = False) -> tuple[Any, ...]:
    """A whole run: losses, epochs, steps with a frame, weights, how it ended."""
    clock = FrameClock()
    clock.next_due = math.inf  # frames of the grid alone
    trainer = Trainer(Experiment.from_dict(document), clock)
    trainer.executor = executor or trainer.executor
    for learner in trainer.learners:
        learner.eager.cpu = not on_device
    found = trainer.advance(deadline=math.inf)
    weights = [value.clone() for value in trainer.model_tensors().values()]
    steps = [(frame.step, frame.why) for frame in found.frames]
    return found.losses, found.epochs, steps, trainer.step, trainer.message, weights


@pytest.mark.parametrize("more", [{}, {"ensemble": MEMBERS}], ids=["alone", "members"])
def test_an_executor_of_long_stretches_gives_the_same_run(more: dict[str, Any]) -> None:
    seldom = Seldom()
    *plain, weights = run({**BUSY, **more})
    *long, others = run({**BUSY, **more}, seldom)
    assert plain == long
    assert all(torch.equal(a, b) for a, b in zip(weights, others, strict=True))
    assert max(length for _, length, _ in seldom.stretches) >= 8, "between two frames of the grid"
    assert all(length == 1 for _, length, sampled in seldom.stretches if sampled), "what is looked at is an edge"
    assert sum(length for _, length, _ in seldom.stretches) == 120


@pytest.mark.parametrize("more", [{}, {"ensemble": MEMBERS}], ids=["alone", "members"])
def test_losses_that_stay_on_a_device_are_fetched_in_groups_and_are_the_same(more: dict[str, Any]) -> None:
    seldom = Seldom()
    document = {**BUSY, "batch_size": 1, "epochs": None, "steps": 240, **more}
    *plain, weights = run(document)
    *fetched, others = run(document, seldom, on_device=True)
    assert plain[2:] == fetched[2:]
    for row, other in zip(plain[1], fetched[1], strict=True):
        assert row == pytest.approx(other, rel=1e-6), "the mean loss of members is taken in float32 there"
    assert plain[0] == pytest.approx(fetched[0], rel=1e-6)
    assert all(torch.equal(a, b) for a, b in zip(weights, others, strict=True))
    assert max(length for _, length, _ in seldom.stretches) <= GROUP


def test_the_step_that_breaks_is_the_same_wherever_the_loss_lies() -> None:
    here, there = run(WILD), run(WILD, on_device=True)
    assert "not finite at step" in str(here[4])
    assert 5 < here[3] < 120
    assert not is_on_grid(here[3]), "in the middle of a stretch"
    assert (here[3], here[4]) == (there[3], there[4])
    assert len(here[0]) == len(there[0]) == here[3]
    assert not math.isfinite(there[0][-1])
    assert all(map(math.isfinite, there[0][:-1]))
