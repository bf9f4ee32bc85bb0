"""What a split misses is said before training, and tables of a dozen rows train with numbers that mean something."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.data.prepare import prepare
from engine.experiment.experiment import Experiment
from engine.preview.cautions import find_cautions
from engine.training.trainer import Trainer
from engine.uploads.ingest import ingest_upload

TWELVE = "x,z,y\n" + "\n".join(f"{n / 7:.3f},{z},{0.25 + 1.5 * n}" for n, z in enumerate((0, 1, 4, 9, 5, 3) * 2))


@pytest.fixture(scope="module", autouse=True)
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("doubts")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLAYGROUND_STORE", str(folder))
        yield folder


def experiment(text: str, uses: str, task: str, **more: Any) -> Experiment:
    digest = ingest_upload("t.csv", text.encode())
    data = {"kind": "upload", "file": digest, "called": "t.csv", "uses": uses, "task": task}
    loss = {"kind": "cross_entropy" if task == "classification" else "mse"}
    return Experiment.from_dict(
        {"data": data, "loss": loss, "network": [{"kind": "dense", "width": 4}], "device": "cpu", **more}
    )


def said(start: Experiment) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in find_cautions(start):
        found.setdefault(one.where, []).append(str(one.message))
    return found


def rare(counts: dict[str, int]) -> str:
    """Words as classes, so many rows of each."""
    rows = [name for name, count in counts.items() for _ in range(count)]
    return "size,kind\n" + "\n".join(f"{n}.5,{name}" for n, name in enumerate(rows))


@pytest.mark.parametrize("stratified", [True, False])
@pytest.mark.parametrize("seed", range(4))
def test_classes_that_a_split_misses_are_named(stratified: bool, seed: int) -> None:
    """Which ones they are is counted here from the targets of the splits themselves."""
    counts = {"plenty": 40, "some": 6, "one": 1, "_two_": 2, "none ": 1}
    start = experiment(rare(counts), "nt", "classification", validation=0.2, test=0.2, stratified=stratified, seed=seed)
    data, found = prepare(start), said(start)
    names = np.array(data.source.classes)
    everything = [text for where in ("$.validation", "$.test") for text in found.get(where, [])]
    for begins, y in (("Training", data.train_y), ("Validation", data.validation_y), ("The test", data.test_y)):
        there = {str(names[c]) for c in y.tolist()}
        missing = [name for name in names if name not in there]
        assert missing or begins == "Training"
        own = [text for text in everything if text.startswith(f"{begins} has no example")]
        assert len(own) == bool(missing)
        if missing:
            assert f"example of {', '.join(f'“{name}”' for name in missing)}: " in own[0]


def test_many_missing_classes_are_counted() -> None:
    start = experiment(rare({"plenty": 60, **{f"c{n}": 1 for n in range(9)}}), "nt", "classification", validation=0.1)
    (text,) = [text for text in said(start)["$.validation"] if text.startswith("Validation has no")]
    assert re.search(r"example of (“c\d”, ){4}“c\d” and [1-4] more: ", text)


def test_a_class_that_a_head_misses_is_named_there() -> None:
    """One validation point lies in one quadrant of four."""
    found = said(
        Experiment.from_dict(
            {
                "data": {"kind": "blobs", "samples": 20, "classes": 2},
                "network": [{"kind": "dense", "width": 4}, {"kind": "head", "target": {"kind": "quadrant"}}],
                "validation": 0.05,
                "device": "cpu",
            }
        )
    )
    assert any(text.startswith("Validation has no example of ") for text in found["$.network[1] (head).target"])


def test_what_every_split_has_is_not_doubted() -> None:
    assert not said(experiment(rare({"a": 60, "b": 60}), "nt", "classification", validation=0.2))


@pytest.mark.parametrize("validation", [0.05, 0.2, 0.5, 0.9])
@pytest.mark.parametrize("rule", [{}, {"ensemble": {"kind": "bagging", "members": 3}}, {"batch_size": 1}])
def test_twelve_rows_train_without_nonsense(validation: float, rule: dict[str, Any]) -> None:
    steps = [{"kind": "standardize"}, {"kind": "standardize_target"}]
    start = experiment(TWELVE, "nnt", "regression", preprocessing=steps, validation=validation, steps=60, **rule)
    found, data = said(start), prepare(start)
    held = len(data.validation_x)
    assert held == max(1, round(12 * validation)) == 12 - len(data.train_x)
    if held < 10:
        assert f"Validation has only {held} examples" in found["$.validation"][0]
    if len(data.train_x) == 1:
        assert "All training targets are the same" in found["$.validation"][0]
    trainer = Trainer(start)
    rows = trainer.advance(deadline=math.inf).epochs
    for row in rows:
        values = np.array(row[2:6], float)
        assert (np.abs(values[~np.isnan(values)]) < 1e4).all(), "not defined is not a number, and never huge"
        assert math.isnan(values[3]) == (held == 1)
        assert math.isnan(values[1]) == (len(data.train_x) == 1)


def test_values_that_float32_merges_are_said() -> None:
    text = "t,n,y\n" + "\n".join(f"{1_700_000_000 + n},{n * 7 % 50},{1e8 + n * 7 % 13 * 3}" for n in range(300))
    found = said(experiment(text, "nnt", "regression"))["$.preprocessing"]
    left = len(np.unique(np.float32(1_700_000_000 + np.arange(300))))
    assert [one.split(":")[1] for one in found] == [" standardize the inputs.", " standardize the target."]
    assert "of input 1, " in found[0]
    assert int(found[0].split(", ")[1].split()[0]) <= left
    steps = [{"kind": "standardize"}, {"kind": "standardize_target"}]
    assert "$.preprocessing" not in said(experiment(text, "nnt", "regression", preprocessing=steps))
