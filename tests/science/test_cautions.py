"""What is accepted but does nothing, or not what it seems to: said, and true by the numbers of the runs themselves."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from engine.catalogue.run_plan import FieldCaution, RunPlan
from engine.data.prepare import prepare
from engine.experiment.experiment import Experiment
from engine.experiment.presets import list_presets, load
from engine.message import Message
from engine.network.build import build
from engine.parts.activations.relu import ReLU
from engine.preview.cautions import find_cautions
from engine.training.trainer import Trainer

WORDS: dict[str, Any] = {
    "data": {"kind": "tokens", "vocabulary": 24},
    "network": [{"kind": "embedding", "rows": 16}, {"kind": "flatten"}],
}
CURVE: dict[str, Any] = {"data": {"kind": "curve"}, "loss": {"kind": "mse"}, "network": [{"kind": "dense", "width": 4}]}
SHORT: dict[str, Any] = {"batch_size": 100, "steps": 25, "validation": 0.5}


def found(document: dict[str, Any]) -> dict[str, str]:
    return {one.where: str(one.message) for one in find_cautions(Experiment.from_dict(document))}


def losses(document: dict[str, Any]) -> list[float]:
    trainer = Trainer(Experiment.from_dict({"steps": 30, "probes": [], "device": "cpu", **document}))
    return trainer.advance(deadline=math.inf).losses


@pytest.mark.parametrize(
    ("with_it", "without", "where"),
    [
        (
            {"preprocessing": [{"kind": "standardize_target"}]},
            {},
            "$.preprocessing[0] (standardize_target)",
        ),
        ({"balance": "weights"}, {}, "$.balance"),
        ({"output_weight": 3.0}, {}, "$.output_weight"),
        ({"batch_size": 1, "augmentations": [{"kind": "mixup"}]}, {"batch_size": 1}, "$.augmentations[0] (mixup)"),
        (
            {**CURVE, "ensemble": {"kind": "bagging", "members": 2, "vote": "majority"}},
            {**CURVE, "ensemble": {"kind": "bagging", "members": 2}},
            "$.ensemble.vote",
        ),
        ({**SHORT, "schedule": {"kind": "step", "every": 50, "gamma": 0.1}}, SHORT, "$.schedule.every"),
        ({**SHORT, "schedule": {"kind": "piecewise", "first": 50}}, SHORT, "$.schedule.first"),
        ({**SHORT, "schedule": {"kind": "on_plateau", "patience": 50}}, SHORT, "$.schedule.patience"),
        (
            {"preprocessing": [{"kind": "min_max"}, {"kind": "standardize"}]},
            {"preprocessing": [{"kind": "standardize"}]},
            "$.preprocessing[0] (min_max)",
        ),
    ],
)
def test_what_does_nothing_is_said_and_does_nothing(
    with_it: dict[str, Any], without: dict[str, Any], where: str
) -> None:
    assert list(found(with_it)) == [where]
    assert where not in found(without)
    np.testing.assert_allclose(losses(with_it), losses(without), rtol=1e-4)


def test_words_beyond_the_rows_look_the_same() -> None:
    """Words 15 to 23 share row 15: nine words. The network itself cannot tell them apart."""
    said = found(WORDS)
    assert said == {
        "$.network[0] (embedding)": ("There are 24 words for 16 rows: the last 9 words share a row and look the same.")
    }
    experiment = Experiment.from_dict(WORDS)
    data = prepare(experiment)
    network = build(experiment, data.in_shape, data.source.outputs).eval()
    x = data.train_x[:1].repeat(24, 1)
    x[:, 0] = x.new_tensor(range(24))
    assert len({tuple(row) for row in network(x).tolist()}) == 16
    enough = {**WORDS, "network": [{"kind": "embedding", "rows": 24}, {"kind": "flatten"}]}
    assert not found(enough)


def test_an_embedding_of_measured_numbers_is_doubted() -> None:
    (said,) = found({"network": [{"kind": "embedding"}, {"kind": "flatten"}]}).values()
    assert said.startswith("These inputs are no word numbers")


def test_a_warm_up_longer_than_the_run_and_patience_that_never_ends_are_said() -> None:
    long = {**SHORT, "schedule": {"kind": "warmup", "rise": 500}, "regularizers": [{"kind": "early_stopping"}]}
    assert set(found(long)) == {"$.schedule.rise", "$.regularizers[0].patience"}
    fits = {"batch_size": 10, "steps": None, "epochs": 60, "schedule": {"kind": "warmup", "rise": 500}}
    assert not found({**fits, "regularizers": [{"kind": "early_stopping"}]})


def test_what_acts_is_not_doubted() -> None:
    imbalanced = {"data": {"kind": "breast_cancer"}, "balance": "weights"}
    acting = {**CURVE, "preprocessing": [{"kind": "standardize_target"}]}
    assert not found(imbalanced)
    assert not found(acting)
    assert not [name for name in list_presets() if find_cautions(load(name))]


def test_a_part_within_a_part_is_asked_too(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[RunPlan] = []

    def warn(part: ReLU, plan: RunPlan) -> Iterator[FieldCaution]:
        seen.append(plan)
        yield FieldCaution("", Message("It does nothing here: the next step scales the inputs anew."))

    monkeypatch.setattr(ReLU, "cautions", warn)
    own = {**SHORT, "network": [{"kind": "dense", "width": 4, "activation": {"kind": "relu"}}]}
    assert list(found(own)) == ["$.network[0].activation (relu)"]
    assert seen[0].steps == 25
    assert not seen[0].inputs
