"""The exported program of a network with several ends follows its run, whatever else the experiment holds."""

from __future__ import annotations

import math
from contextlib import redirect_stdout
from io import StringIO
from typing import Any

import pytest

from engine.experiment.edits import Edit
from engine.experiment.experiment import Experiment
from engine.export.program.program import build_program
from engine.export.program.replay import TimedEdit
from engine.export.program.script_file import write_script
from engine.training.trainer import Trainer
from tests.export.running import Never, expect_same, in_process, trained

MIXED: dict[str, dict[str, Any]] = {
    "of_the_plane": {
        "data": {"kind": "blobs", "imbalance": 4.0},
        "balance": "weights",
        "test": 0.1,
        "random_labels": 0.1,
        "regularizers": [{"kind": "label_smoothing"}, {"kind": "l2", "layers": "1"}],
        "network": [
            {"kind": "head", "target": {"kind": "radius"}, "loss": {"kind": "huber"}, "weight": 3.0, "label": "far"},
            {"kind": "dense", "width": 5},
            {"kind": "head", "target": {"kind": "same"}, "weight": 0.3},
            {"kind": "concatenate", "of": "far"},
            {"kind": "head", "target": {"kind": "quadrant"}},
            {"kind": "reconstruct", "weight": 0.2},
        ],
        "preprocessing": [{"kind": "standardize"}],
        "output_weight": 0.7,
    },
    "of_pictures": {
        "data": {"kind": "digits", "layout": "image"},
        "balance": "resampling",
        "augmentations": [{"kind": "rotation"}, {"kind": "mixup"}],
        "network": [
            {"kind": "conv2d", "filters": 3},
            {"kind": "batch_norm"},
            {"kind": "dropout"},
            {"kind": "reconstruct", "weight": 4.0},
            {"kind": "flatten"},
            {"kind": "head", "target": {"kind": "loops"}},
        ],
        "bias": 0.1,
    },
    "of_numbers": {
        "data": {"kind": "diabetes"},
        "loss": {"kind": "huber"},
        "preprocessing": [{"kind": "standardize"}, {"kind": "standardize_target"}],
        "regularizers": [{"kind": "early_stopping", "patience": 1}, {"kind": "parameter_noise"}],
        "network": [{"kind": "dense", "width": 4}, {"kind": "head"}, {"kind": "reconstruct"}],
        "optimizer": {"kind": "lbfgs"},
        "batch_size": 100,
    },
    "passed_by": {
        "data": {"kind": "circle"},
        "regularizers": [{"kind": "l2"}, {"kind": "l1"}, {"kind": "clip_norm"}],
        "network": [{"kind": "dense"}, {"kind": "detach"}, {"kind": "head"}],
    },
    "stopped": {
        "data": {"kind": "circle"},
        "regularizers": [{"kind": "early_stopping", "patience": 1}],
        "network": [{"kind": "dense", "width": 4}, {"kind": "head", "target": {"kind": "radius"}}],
        "optimizer": {"kind": "sgd", "lr": 1.5},
    },
}


@pytest.mark.parametrize("name", MIXED)
def test_ends_beside_everything_else_give_the_losses_of_the_run(name: str) -> None:
    experiment = Experiment.from_dict({"device": "cpu", "steps": 300, "batch_size": 16, **MIXED[name]})
    expected = trained(experiment, 150)
    expect_same(in_process(experiment, 150), expected)
    assert (len(expected) < 150) == ("early_stopping" in str(MIXED[name])), "what stops early has to stop here"


@pytest.mark.parametrize("rate", [0.00005, 0.02])
def test_edited_weights_are_replayed_and_no_epoch_before_them_counts(rate: float) -> None:
    """A loss thirty times as large is no divergence where a weight was raised; one that grows afterwards is."""
    experiment = Experiment.from_dict(
        {
            "data": {"kind": "circle", "samples": 100},
            "preprocessing": [{"kind": "standardize"}],
            "network": [
                {"kind": "dense", "width": 4, "activation": {"kind": "relu"}},
                {"kind": "head", "target": {"kind": "radius"}},
                {"kind": "reconstruct"},
            ],
            "optimizer": {"kind": "sgd", "lr": 0.05},
            "batch_size": 16,
            "steps": 120,
            "device": "cpu",
        }
    )
    edits = [
        TimedEdit(13, Edit(path="output_weight", value=100.0)),
        TimedEdit(13, Edit(path="optimizer.lr", value=0.001)),
        TimedEdit(32, Edit(path="network.1.weight", value=0.0)),
        TimedEdit(47, Edit(path="network.2.weight", value=50.0)),
        TimedEdit(90, Edit(path="optimizer.lr", value=rate)),
    ]
    trainer, losses = Trainer(experiment, Never()), list[float]()
    for timed in edits:
        losses += trainer.advance(deadline=math.inf, until_step=timed.step).losses if trainer.step < timed.step else []
        trainer.edit(timed.edit)
    losses += trainer.advance(deadline=math.inf).losses
    space: dict[str, Any] = {"__name__": "exported"}
    source = write_script(build_program(experiment, edits), "Exported.")
    exec(compile(source, "exported.py", "exec", dont_inherit=True), space)
    with redirect_stdout(StringIO()):
        found = space["train"]()[1]
    expect_same(found, losses)
    assert sum(losses[16:20]) > 3 * sum(losses[:4]), "without the edit this epoch would count as a divergence"
    assert (trainer.status, len(losses) == 120) == (("finished", True) if rate < 0.001 else ("diverged", False))
    assert math.isfinite(losses[-1])
