"""R² where it is not defined is NaN everywhere, and where it is defined it agrees with scikit-learn in float64."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.metrics import r2_score
from torch import Tensor

from engine.data.prepare import prepare
from engine.experiment.experiment import Experiment
from engine.numerics.metrics import compute_metric
from engine.parts.probes import Subject, measure_score
from engine.training.clock import FrameClock
from engine.training.heads import HeadMetrics, Heads
from engine.training.trainer import Trainer

SUBJECT = Subject((), (), (), (), (), "regression", 1, False, (1,), None)
LONE: dict[str, Any] = {  # 20 rows, of which one is held out and one for the test
    "data": {"kind": "curve", "samples": 20},
    "loss": {"kind": "mse"},
    "network": [{"kind": "dense", "width": 4}],
    "validation": 0.05,
    "test": 0.05,
    "batch_size": 6,
    "epochs": 2,
    "steps": None,
    "device": "cpu",
}


class Every(FrameClock):
    """A frame at every step."""

    def due(self) -> bool:
        return True


def by_ends(outputs: Tensor, targets: Tensor) -> list[float]:
    """The R² that a network with a head and a reconstruction beside its output reports, from two batches."""
    network = [{"kind": "head"}, {"kind": "reconstruct"}]
    trainer = Trainer(Experiment.from_dict({**LONE, "network": network}))
    tally = HeadMetrics(trainer.heads)
    for part in (slice(0, 3), slice(3, None)):
        if len(outputs[part]):
            tally.add_batch(outputs[part].repeat(1, 3), targets[part].repeat(1, 3))
    return list(tally.compute_head_scores()[2::2])


@pytest.mark.parametrize(
    "targets",
    [torch.full((7, 1), 0.1), torch.full((7, 1), 1e8), torch.zeros(5, 1), torch.full((1, 1), -3.7)],
    ids=["0.1", "1e8", "0", "one row"],
)
def test_targets_that_do_not_vary_have_no_r2(targets: Tensor) -> None:
    outputs = targets + torch.linspace(-1, 1, len(targets))[:, None]
    assert math.isnan(float(compute_metric(outputs, targets, "regression")))
    assert math.isnan(float(measure_score(outputs, targets, SUBJECT)))
    assert all(map(math.isnan, by_ends(outputs, targets)))


def test_of_no_examples_there_is_no_metric() -> None:
    assert math.isnan(float(compute_metric(torch.empty(0, 2), torch.empty(0, dtype=torch.int64), "classification")))
    assert math.isnan(float(compute_metric(torch.empty(0, 1), torch.empty(0, 1), "regression")))
    assert math.isnan(float(measure_score(torch.empty(0, 1), torch.empty(0, 1), SUBJECT)))


@pytest.mark.parametrize(("middle", "wide"), [(0.0, 1.0), (1e6, 3.0), (-3e5, 1e-1), (1e-9, 1e-12)])
def test_where_it_is_defined_it_is_scikit_learns(middle: float, wide: float) -> None:
    rng = np.random.default_rng(0)
    y = (middle + wide * rng.normal(size=(40, 1))).astype(np.float32)
    given = (y + wide * 0.3 * rng.normal(size=y.shape)).astype(np.float32)
    right = r2_score(y.astype(np.float64), given.astype(np.float64))
    outputs, targets = torch.from_numpy(given), torch.from_numpy(y)
    assert float(compute_metric(outputs, targets, "regression")) == pytest.approx(right, rel=1e-9)
    assert float(measure_score(outputs, targets, SUBJECT)) == pytest.approx(right, rel=1e-5)
    assert by_ends(outputs, targets) == pytest.approx([right] * 3, rel=1e-6)


@pytest.mark.parametrize(
    "more", [{}, {"network": [{"kind": "head"}, {"kind": "dense", "width": 3}]}], ids=["one", "two"]
)
def test_a_run_whose_validation_is_one_row_says_so(more: dict[str, Any]) -> None:
    trainer = Trainer(Experiment.from_dict({**LONE, **more}))
    rows = [tuple(row) for row in trainer.advance(deadline=math.inf).epochs]
    assert len(trainer.data.validation_x) == len(trainer.data.test_x) == 1
    assert all(math.isfinite(value) for row in rows for value in row[:5])
    assert all(math.isnan(row[5]) for row in rows)
    for row in rows:  # of each end: training loss, validation loss, training R², validation R²
        assert [math.isnan(value) for value in row[6:]] == [False, False, False, True] * (len(row[6:]) // 4)
    assert str(trainer.message).endswith("and R² is not defined.")


def test_members_and_attacks_say_so_too() -> None:
    bagged = {**LONE, "ensemble": {"kind": "bagging", "members": 2}}
    trainer = Trainer(Experiment.from_dict(bagged), Every())
    for frame in trainer.advance(deadline=math.inf).frames:
        together, unseen, *alone = frame.readings["members"].tolist()
        assert [math.isnan(v) for v in (together, unseen, *alone)] == [True, False, True, True]
    trainer = Trainer(Experiment.from_dict({**LONE, "attack": {"kind": "fgsm"}}), Every())
    assert np.isnan([frame.readings["robustness"] for frame in trainer.advance(deadline=math.inf).frames]).all()


def test_a_tally_in_a_checkpoint_of_before_goes_on() -> None:
    """It had no first row: its sums were of the targets themselves."""
    experiment = Experiment.from_dict({**LONE, "network": [{"kind": "head"}]})
    trainer = Trainer(experiment)
    rng = np.random.default_rng(1)
    y, given = rng.normal(size=(12, 2)), rng.normal(size=(12, 2))
    sums = []
    for column in range(2):
        own, said = y[:6, column], given[:6, column]
        error = ((said - own) ** 2).sum()
        sums.append(torch.tensor([error, error, own.sum(), (own**2).sum()]))
    old = {"loss_sum": 0.0, "examples": 6, "count": 6, "sums": sums}
    tally = HeadMetrics.load(Heads(experiment, prepare(experiment), trainer.network, torch.device("cpu")), old)
    tally.add_batch(torch.from_numpy(given[6:]).float(), torch.from_numpy(y[6:]).float())
    assert tally.compute_head_scores()[2::2] == pytest.approx(
        [r2_score(y[:, i], given[:, i]) for i in (0, 1)], rel=1e-5
    )
