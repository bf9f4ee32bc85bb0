"""What the commands print and write, against the same experiment trained in this process."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file

from engine.catalogue.part import catalogue, families, family
from engine.experiment.experiment import Experiment
from engine.training.trainer import Trainer

if TYPE_CHECKING:
    from tests.cli.conftest import Line

DOCUMENT: dict[str, Any] = {
    "data": {"kind": "digits"},
    "network": [{"kind": "dense", "width": 12}, {"kind": "batch_norm"}, {"kind": "dropout", "rate": 0.1}],
    "optimizer": {"kind": "adam", "lr": 0.01},
    "batch_size": 64,
    "epochs": 3,
    "steps": None,
    "device": "cpu",
}
TRAIN_KEYS = ["run", "state", "steps", "epochs", "train_loss", "validation_loss"]
TRAIN_KEYS += ["kept", "metrics", "classes", "seconds", "steps_per_second", "cautions"]
EPOCH = ["train_loss", "train_metric", "validation_loss", "validation_metric"]


@pytest.fixture(scope="module")
def report(line: Line, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What `train --json` says of the document."""
    file = tmp_path_factory.mktemp("document") / "mine.json"
    file.write_text(json.dumps(DOCUMENT))
    done = line("train", file, "--set", "optimizer.lr=0.02", "--json")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.fixture(scope="module")
def alone() -> tuple[Trainer, list[float], list[Any]]:
    """The same experiment in this process."""
    trainer = Trainer(Experiment.from_dict({**DOCUMENT, "optimizer": {"kind": "adam", "lr": 0.02}}))
    progress = trainer.advance(deadline=math.inf)
    return trainer, progress.losses, [row._asdict() for row in progress.epochs]


@pytest.fixture(scope="module")
def exported(line: Line, report: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an export."""
    folder = tmp_path_factory.mktemp("export") / "new" / "folder"
    done = line("export", report["run"], "--to", folder)
    assert done.returncode == 0, done.stderr
    names = ["experiment.json", "metrics.csv", "metrics.parquet", "edits.jsonl", "model.safetensors", "confusion.csv"]
    assert done.stdout.split() == [str(folder / name) for name in names]
    assert sorted(path.name for path in folder.iterdir()) == sorted(names)
    return folder


def test_train_says_what_it_did(report: dict[str, Any], alone: Any) -> None:
    trainer, losses, epochs = alone
    assert list(report) == TRAIN_KEYS
    assert (report["state"], report["steps"], report["epochs"]) == ("finished", len(losses), 3)
    assert report["train_loss"] == epochs[-1]["train_loss"]
    assert report["validation_loss"] == epochs[-1]["validation_loss"]
    expected = {"train_accuracy": epochs[-1]["train_metric"], "validation_accuracy": epochs[-1]["validation_metric"]}
    assert report["metrics"] == expected
    assert report["seconds"] > 0
    assert report["steps_per_second"] == pytest.approx(report["steps"] / report["seconds"])
    assert trainer.step == len(losses)


def test_metrics_are_those_of_the_same_run_here(exported: Path, alone: Any) -> None:
    _, losses, epochs = alone
    table = pd.read_parquet(exported / "metrics.parquet")
    assert list(table.columns) == ["step", "loss", "epoch", *EPOCH, *(f"recall_{digit}" for digit in range(10))]
    assert table["step"].tolist() == list(range(1, len(losses) + 1))
    np.testing.assert_array_equal(table["loss"].to_numpy(), np.array(losses, np.float32))
    rows = table.dropna()
    assert rows["step"].tolist() == [row["step"] for row in epochs]
    for key in ("epoch", *EPOCH):
        assert rows[key].tolist() == [row[key] for row in epochs], key


def test_recalls_and_the_matrix_are_those_of_the_weights(exported: Path, report: dict[str, Any], alone: Any) -> None:
    """Counted by hand from the answers of the same network in this process."""
    trainer = alone[0]
    trainer.network.eval()
    with torch.no_grad():
        said = trainer.network(trainer.data.validation_x).argmax(1).numpy()
    right = trainer.data.validation_y.numpy()
    matrix = [[int(((right == r) & (said == s)).sum()) for s in range(10)] for r in range(10)]
    assert report["classes"]["confusion"] == matrix
    recalls = [row[i] / sum(row) for i, row in enumerate(matrix)]
    assert list(report["classes"]["recall"].values()) == recalls
    rows = pd.read_csv(exported / "metrics.csv").dropna()
    assert rows[[f"recall_{digit}" for digit in range(10)]].iloc[-1].tolist() == pytest.approx(recalls)
    assert pd.read_csv(exported / "confusion.csv", index_col="right").to_numpy().tolist() == matrix


def test_csv_and_parquet_say_the_same(exported: Path) -> None:
    table = pd.read_parquet(exported / "metrics.parquet")
    with (exported / "metrics.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(table)
    for name in table.columns:
        kind = np.float32 if name == "loss" else np.float64
        got = np.array([kind(row[name] or "nan") for row in rows])
        np.testing.assert_array_equal(got, table[name].to_numpy(kind), err_msg=name)


def test_weights_are_those_of_the_same_run_here(exported: Path, alone: Any) -> None:
    expected = alone[0].model_tensors()
    found = load_file(exported / "model.safetensors")
    assert found.keys() == expected.keys()
    assert {"1_dense.0.weight", "2_batch_norm.running_var", "output.0.bias"} <= found.keys()
    assert all(torch.equal(found[key], expected[key]) for key in found)


def test_experiment_and_log_are_exported(exported: Path, alone: Any) -> None:
    assert Experiment.from_json((exported / "experiment.json").read_bytes()) == alone[0].experiment
    lines = [json.loads(text) for text in (exported / "edits.jsonl").read_text().splitlines()]
    assert all({"step", "kind", "at"} <= entry.keys() for entry in lines)


def test_export_refuses_what_it_cannot_do(line: Line, report: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    for run, folder in ((report["run"], file), (report["run"], file / "below"), ("../../etc", tmp_path / "x")):
        status, said, complained = line.here("export", run, "--to", folder)
        assert (status, said, complained.count("\n")) == (2, "", 1), complained
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file"]


def test_runs_lists_it(line: Line, report: dict[str, Any]) -> None:
    found = json.loads(line.here("runs", "--json")[1])
    assert [(row["id"], row["state"], row["step"]) for row in found] == [(report["run"], "finished", report["steps"])]
    text = line.here("runs")[1]
    assert text.startswith(report["run"])
    assert text.count("\n") == 1


def test_train_for_people_and_steps(line: Line, report: dict[str, Any]) -> None:
    done = line("train", "circle", "--steps", "30")
    assert done.returncode == 0
    assert " finished after 30 steps, 1 epochs · train loss 0." in done.stdout
    assert done.stderr == "", "no progress bar where nobody looks"
    assert len(json.loads(line.here("runs", "--json")[1])) == 2


def test_show(line: Line) -> None:
    done = line("show", "digits_cnn", "--json")
    found = json.loads(done.stdout)
    known = [
        "layers",
        "parameters",
        "flops_per_example",
        "memory_bytes",
        "flops_training",
        "serving_bytes",
        "run_bytes",
    ]
    assert list(found) == [*known, "cautions"]
    assert found["cautions"] == []
    assert {tuple(row) for row in found["layers"]} == {("kind", "name", "output_shape", "parameters")}
    assert [row["output_shape"] for row in found["layers"]][:2] == [[16, 8, 8], [16, 4, 4]]
    assert found["parameters"] == sum(row["parameters"] for row in found["layers"]) == 13_706
    table = line.here("show", "digits_cnn", "--set", "network.0.filters=4")[1]
    assert "4 × 8 × 8" in table
    assert table.splitlines()[0].split() == ["1", "conv2d", "4", "×", "8", "×", "8", "40"]


def test_what_does_nothing_is_said_by_every_command(line: Line) -> None:
    useless = ("spiral", "--set", 'preprocessing=[{"kind": "standardize_target"}]')
    where = "$.preprocessing[0] (standardize_target)"
    text = "It does nothing here: it acts on numbers to predict, and these are classes."
    for command in ("show", "train"):
        done = line(command, *useless, *(("--steps", "20") if command == "train" else ()), "--json")
        assert json.loads(done.stdout.splitlines()[-1])["cautions"] == [{"where": where, "text": text}]
        assert (f"playground: caution: {where}: {text}" in done.stderr) == (command == "train")
    assert f"caution: {where}: {text}" in line.here("show", *useless)[1]


def test_parts(line: Line) -> None:
    everything = json.loads(line("parts", "--json").stdout)
    assert list(everything) == list(families())
    for name, members in everything.items():
        assert members == {kind: part.summary() for kind, part in catalogue(family(name)).items()}
    lines = line.here("parts", "schedules")[1].splitlines()
    assert lines[0] == "schedules"
    assert [text.split()[0] for text in lines[1:]] == list(everything["schedules"])
