"""The validation loss is the plain mean over the examples, whatever weighs the training loss; worked out with numpy."""

from __future__ import annotations

import math
import re
from contextlib import redirect_stdout
from io import StringIO
from typing import Any

import numpy as np
import pytest
import torch

from engine.experiment.experiment import Experiment
from engine.export.program.program import build_program
from engine.export.program.script_file import write_script
from engine.training.trainer import Trainer

RARE: dict[str, Any] = {
    "data": {"kind": "blobs", "classes": 4, "imbalance": 20.0, "samples": 400},
    "network": [{"kind": "dense", "width": 6}],
    "balance": "weights",
    "test": 0.2,
    "batch_size": 20,
    "epochs": 3,
    "steps": None,
    "device": "cpu",
}
HEADS = [{"kind": "dense", "width": 6}, {"kind": "head", "target": {"kind": "same"}, "weight": 0.5}]


def crossed(logits: np.ndarray, y: np.ndarray) -> np.ndarray:
    """−ln p of the right class of each example."""
    top = logits - logits.max(1, keepdims=True)
    return np.asarray(np.log(np.exp(top).sum(1)) - top[np.arange(len(y)), y])


def given(trainer: Trainer, x: torch.Tensor) -> np.ndarray:
    trainer.network.eval()
    with torch.no_grad():
        found = trainer.network(x).double().numpy()
    trainer.network.train()
    return found  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"loss": {"kind": "mse"}},
        {"network": HEADS},
        {"ensemble": {"kind": "bagging", "members": 2}},
        {"regularizers": [{"kind": "label_smoothing"}, {"kind": "l2", "strength": 0.1}]},
        {"balance": "resampling"},
        {"attack": {"kind": "fgsm"}},
    ],
    ids=["cross-entropy", "mse", "head", "bagging", "smoothed", "resampled", "attacked"],
)
def test_validation_and_test_are_plain_means(more: dict[str, Any]) -> None:
    trainer = Trainer(Experiment.from_dict({**RARE, **more, "probes": []}))

    def plain(x: torch.Tensor, y: torch.Tensor) -> float:
        found, right = given(trainer, x), y.numpy()
        if "loss" in more:
            return float(((found - np.eye(4)[right]) ** 2).mean())
        each = [crossed(found[:, at : at + 4], right).mean() for at in range(0, found.shape[1], 4)]
        return float(sum(w * one for w, one in zip((1.0, 0.5), each, strict=False)))

    for epoch in (1, 2):
        (epoch_row,) = trainer.advance(deadline=math.inf, until_epoch=epoch).epochs
        row: tuple[float, ...] = tuple(epoch_row)
        assert row[4] == pytest.approx(plain(trainer.data.validation_x, trainer.data.validation_y), rel=1e-5)
        if "network" in more:  # the ends' own validation losses
            found, right = given(trainer, trainer.data.validation_x), trainer.data.validation_y.numpy()
            ends = [crossed(found[:, at : at + 4], right).mean() for at in (0, 4)]
            assert [row[7], row[11]] == pytest.approx(ends, rel=1e-5)
    trainer.advance(deadline=math.inf)
    expected = plain(trainer.data.test_x, trainer.data.test_y)
    said = re.search(r"the loss is (\S+) and", str(trainer.message))
    assert said is not None
    assert float(said[1]) == pytest.approx(expected, rel=1e-3)


def test_the_training_loss_stays_the_weighted_one() -> None:
    start = Experiment.from_dict({**RARE, "batch_size": 8192, "probes": []})
    trainer = Trainer(start)
    logits, y = given(trainer, trainer.data.train_x), trainer.data.train_y.numpy()
    (loss,) = trainer.advance(deadline=math.inf, until_step=1).losses
    each = crossed(logits, y)
    assert loss == pytest.approx(np.mean([each[y == c].mean() for c in range(4)]), rel=1e-5)
    (row,) = Trainer(start).advance(deadline=math.inf, until_epoch=1).epochs
    assert row.train_loss == pytest.approx(loss)


@pytest.mark.parametrize("more", [{}, {"network": HEADS}, {"ensemble": {"kind": "bagging", "members": 2}}])
def test_the_exported_program_says_the_same(more: dict[str, Any]) -> None:
    start = Experiment.from_dict({**RARE, **more, "probes": []})
    space: dict[str, Any] = {"__name__": "exported"}
    exec(compile(write_script(build_program(start), "Exported."), "exported.py", "exec", dont_inherit=True), space)
    said = StringIO()
    with redirect_stdout(said):
        space["train"]()
    rows = Trainer(start).advance(deadline=math.inf).epochs
    printed = [float(value) for value in re.findall(r"validation (\S+)", said.getvalue())]
    assert printed == pytest.approx([row[4] for row in rows], rel=1e-3)


def test_early_stopping_keeps_the_epoch_of_the_lowest_plain_loss() -> None:
    rules = [{"kind": "early_stopping", "patience": 3}]
    start = {**RARE, "optimizer": {"kind": "adam", "lr": 0.3}, "epochs": 30, "regularizers": rules, "probes": []}
    trainer = Trainer(Experiment.from_dict(start))
    rows = trainer.advance(deadline=math.inf).epochs
    found, y = given(trainer, trainer.data.validation_x), trainer.data.validation_y.numpy()
    assert crossed(found, y).mean() == pytest.approx(min(row[4] for row in rows), rel=1e-5)
