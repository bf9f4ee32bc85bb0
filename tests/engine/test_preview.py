"""Preview: what does not fit is named with what it expected and what it got; presets all fit."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from engine.errors import InvalidExperiment, PlaygroundError
from engine.experiment import presets
from engine.experiment.experiment import Experiment
from engine.preview.preview import preview
from engine.training.trainer import Trainer

IMAGES = {"kind": "digits", "layout": "image"}
CONV = {"kind": "conv2d", "filters": 2}


@pytest.mark.parametrize(
    ("data", "network", "where", "expected", "received"),
    [
        (IMAGES, [], "$.network (output layer)", "a vector", "1 × 8 × 8"),
        (IMAGES, [{"kind": "dense"}], "$.network[0] (dense)", "a vector", "1 × 8 × 8"),
        (IMAGES, [CONV, CONV], "$.network (output layer)", "a vector", "2 × 4 × 4"),
        (
            IMAGES,
            [{"kind": "flatten"}, {"kind": "max_pool"}],
            "$.network[1] (max_pool)",
            "an image (channels, height, width)",
            "64",
        ),
        (
            IMAGES,
            [CONV, {"kind": "average_pool", "size": 7}],
            "$.network[1] (average_pool)",
            "an image of at least 7 × 7",
            "2 × 6 × 6",
        ),
        (IMAGES, [{"kind": "conv2d", "kernel": 9}], "$.network[0] (conv2d)", "an image of at least 9 × 9", "1 × 8 × 8"),
        (
            {"kind": "iris"},
            [{"kind": "dense"}, CONV],
            "$.network[1] (conv2d)",
            "an image (channels, height, width)",
            "8",
        ),
    ],
)
def test_mismatch_names_the_block(data: Any, network: Any, where: str, expected: str, received: str) -> None:
    start = Experiment.from_dict({"data": data, "network": network})
    for look in (preview, Trainer):
        with pytest.raises(InvalidExperiment) as caught:
            look(start)
        found = caught.value
        assert (found.where, str(found.expected), str(found.received)) == (where, expected, received)


@pytest.mark.parametrize("look", [preview, Trainer])
def test_batch_normalization_wants_two_training_examples(look: Any) -> None:
    drawn = ";".join(f"{x},0,{x % 2}" for x in range(-5, 5))
    document = {
        "data": {"kind": "points", "drawn": drawn},
        "network": [{"kind": "dense"}, {"kind": "batch_norm"}],
        "device": "cpu",
    }
    with pytest.raises(InvalidExperiment, match=r"validation: expected at least 2 training examples .*, received 1;"):
        look(Experiment.from_dict({**document, "validation": 0.9}))
    two = Experiment.from_dict({**document, "validation": 0.8, "epochs": 2})
    assert preview(two).parameters > 0
    assert Trainer(two).advance(deadline=float("inf")).epochs[-1].epoch == 2
    look(Experiment.from_dict({**document, "validation": 0.9, "network": [{"kind": "dense"}]}))


def test_a_vector_is_missing_a_flatten_block() -> None:
    with pytest.raises(InvalidExperiment, match="put a flatten block before it"):
        preview(Experiment.from_dict({"data": IMAGES}))


def test_loss_that_does_not_suit_the_data() -> None:
    with pytest.raises(InvalidExperiment) as caught:
        preview(Experiment.from_dict({"data": {"kind": "diabetes"}}))
    assert caught.value.where == "$.loss"
    assert str(caught.value.expected) == "a loss for regression"
    preview(Experiment.from_dict({"data": {"kind": "diabetes"}, "loss": {"kind": "mae"}}))


def test_what_is_too_large_is_refused_before_anything_is_allocated() -> None:
    wide = [{"kind": "dense", "width": 4096}] * 64
    with pytest.raises(InvalidExperiment, match="fewer or narrower layers") as caught:
        preview(Experiment.from_dict({"network": wide}))
    assert caught.value.where == "$.network"


def test_rows_and_totals() -> None:
    found = preview(Experiment.from_dict({"data": {"kind": "wine"}, "network": [{"kind": "dense", "width": 7}]}))
    assert [(row.kind, row.name, row.output_shape, row.parameters) for row in found.layers] == [
        ("dense", "1 dense", (7,), 14 * 7),
        ("dense", "output", (3,), 8 * 3),
    ]
    assert (found.parameters, found.in_shape, found.outputs) == (14 * 7 + 8 * 3, (13,), 3)


NAMES = {"circle", "spiral", "digits_mlp", "digits_cnn", "deep_tanh", "regression"}


def test_presets_that_have_to_be_there() -> None:
    assert set(presets.list_presets()) >= NAMES
    deep = presets.load("deep_tanh").to_dict()["network"]
    assert [(b["kind"], b["width"], b["activation"]["kind"]) for b in deep] == [("dense", 500, "tanh")] * 10


@pytest.mark.parametrize("name", presets.list_presets())
def test_presets_fit_and_take_steps(name: str) -> None:
    start = presets.load(name)
    document = json.loads((presets.FOLDER / f"{name}.json").read_text())
    assert document.keys() <= start.to_dict().keys()
    assert preview(start).parameters > 0
    trainer = Trainer(start)
    progress = trainer.advance(deadline=float("inf"), until_step=3)
    assert len(progress.losses) == 3
    assert trainer.is_sound() or (name, trainer.status) == ("exploding", "diverged")


@pytest.mark.parametrize(
    ("name", "accuracy", "steps"), [("digits_mlp", 0.95, 4500), ("spiral", 0.95, 15_000), ("digits_cnn", 0.97, 1350)]
)
def test_presets_learn(name: str, accuracy: float, steps: int) -> None:
    trainer = Trainer(presets.load(name).model_copy(update={"device": "cpu"}))
    best, at, began = 0.0, 0, time.process_time()
    while trainer.status == "running" and best < accuracy:
        for row in trainer.advance(deadline=float("inf"), until_epoch=trainer.epoch + 1).epochs:
            best, at = max(best, row.validation_metric), int(row.step)
    print(f"{name}: {best:.3f} at step {at} after {time.process_time() - began:.1f} s of computing")  # noqa: T201
    assert best >= accuracy
    assert at <= steps
    assert trainer.total_steps >= steps


def test_unknown_presets_and_files(tmp_path: Any) -> None:
    with pytest.raises(InvalidExperiment, match=r"one of .*circle"):
        presets.load("../presets/circle")
    for source in ("nope", str(tmp_path), "x" * 5000, "a/" * 3000, "", "nul\0byte"):
        with pytest.raises(PlaygroundError):
            presets.load_file_or_preset(source)
    file = tmp_path / "mine.json"
    file.write_text(presets.load("circle").to_json())
    assert presets.load_file_or_preset(str(file)) == presets.load_file_or_preset("circle")
