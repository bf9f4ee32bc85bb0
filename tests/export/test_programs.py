"""The exported program gives the losses of the run."""

from __future__ import annotations

import ast
import json
import math
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from engine.catalogue.part import Part
from engine.errors import InvalidExperiment, PlaygroundError
from engine.experiment import presets
from engine.experiment.edits import Edit
from engine.experiment.experiment import Experiment
from engine.export.exporters import ExportedRun
from engine.export.exporters.notebook import Notebook
from engine.export.exporters.script import Script
from engine.export.program.not_exportable import NotExportable
from engine.export.program.program import build_program
from engine.export.program.replay import TimedEdit
from engine.export.program.script_file import write_script
from engine.preview.preview import preview
from engine.training.trainer import Trainer
from tests.conformance.placing import PLACED, kind_of, label, members, runnable
from tests.export.conftest import EDITS
from tests.export.running import Never, alone, expect_same, in_process, trained

OTHERS = [
    part
    for part in PLACED
    if part.family not in ("blocks", "probes", "activations") and not getattr(part, "remote", ())
]
INPUTS: list[dict[str, Any]] = [
    {"kind": "circle"},
    {"kind": "digits", "layout": "image"},
    {"kind": "adding", "samples": 100},
    {"kind": "tokens", "samples": 100},
]
MIXED: dict[str, dict[str, Any]] = {
    "attacked": {
        "data": {"kind": "circle"},
        "attack": {"kind": "pgd", "share": 0.3},
        "regularizers": [{"kind": "parameter_noise"}, {"kind": "l2", "layers": "2"}, {"kind": "l1"}],
    },
    "noisy_asked": {
        "data": {"kind": "circle"},
        "optimizer": {"kind": "lbfgs"},
        "regularizers": [{"kind": "parameter_noise"}, {"kind": "l2", "layers": "1:2.5"}],
    },
    "noisy_statistics": {
        "data": {"kind": "circle"},
        "network": [{"kind": "dense"}, {"kind": "batch_norm"}],
        "optimizer": {"kind": "lbfgs"},
        "regularizers": [{"kind": "parameter_noise"}],
    },
    "noisy_ahead": {
        "data": {"kind": "circle"},
        "network": [{"kind": "dense"}, {"kind": "batch_norm"}],
        "optimizer": {"kind": "lookahead_nesterov"},
        "regularizers": [{"kind": "parameter_noise"}],
        "ensemble": {"kind": "bagging", "members": 2},
    },
    "detached": {
        "data": {"kind": "circle"},
        "network": [{"kind": "dense"}, {"kind": "detach"}, {"kind": "dense"}],
        "regularizers": [{"kind": "l2", "layers": "1"}, {"kind": "l1", "layers": "1:3, 3"}, {"kind": "clip_norm"}],
    },
    "resampled": {
        "data": {"kind": "blobs", "imbalance": 5.0},
        "balance": "resampling",
        "random_labels": 0.2,
        "test": 0.1,
    },
    "weighted": {
        "data": {"kind": "blobs", "imbalance": 5.0},
        "balance": "weights",
        "regularizers": [{"kind": "label_smoothing"}, {"kind": "early_stopping", "patience": 1}],
    },
    "asked": {
        "data": {"kind": "wine"},
        "preprocessing": [{"kind": "standardize"}, {"kind": "pca"}],
        "optimizer": {"kind": "lbfgs"},
        "regularizers": [{"kind": "l1"}, {"kind": "l2"}, {"kind": "clip_norm"}],
        "network": [{"kind": "dense"}, {"kind": "batch_norm"}, {"kind": "dropout"}],
    },
    "pictures": {
        "data": {"kind": "digits", "layout": "image"},
        "loss": {"kind": "mse"},
        "augmentations": [{"kind": "rotation"}, {"kind": "mixup"}],
        "network": [{"kind": "conv2d", "initializer": {"kind": "orthogonal"}}, {"kind": "flatten"}],
        "bias": 0.1,
        "schedule": {"kind": "on_plateau", "patience": 0},
        "optimizer": {"kind": "sgd", "momentum": 0.9, "nesterov": True},
    },
    "by_epochs": {"data": {"kind": "circle"}, "schedule": {"kind": "one_cycle"}, "epochs": 3, "steps": None},
    "bagged": {
        "data": {"kind": "blobs", "imbalance": 5.0},
        "balance": "weights",
        "test": 0.1,
        "network": [{"kind": "dense", "width": 8}, {"kind": "batch_norm"}, {"kind": "dropout"}],
        "schedule": {"kind": "one_cycle"},
        "ensemble": {"kind": "bagging", "members": 3, "vote": "majority"},
        "regularizers": [
            {"kind": "label_smoothing"},
            {"kind": "l2", "layers": "1"},
            {"kind": "clip_norm"},
            {"kind": "early_stopping", "patience": 1, "min_delta": 0.05},
        ],
    },
    "bagged_pictures": {
        "data": {"kind": "digits", "layout": "image"},
        "balance": "resampling",
        "augmentations": [{"kind": "rotation"}, {"kind": "mixup"}],
        "network": [{"kind": "flatten"}, {"kind": "dense", "width": 8}],
        "attack": {"kind": "pgd", "share": 0.3},
        "ensemble": {"kind": "bagging", "members": 2},
        "regularizers": [{"kind": "parameter_noise"}, {"kind": "max_norm"}],
    },
    "bagged_asked": {
        "data": {"kind": "diabetes"},
        "loss": {"kind": "huber"},
        "preprocessing": [{"kind": "standardize"}, {"kind": "standardize_target"}],
        "optimizer": {"kind": "lbfgs"},
        "ensemble": {"kind": "bagging", "members": 2},
        "regularizers": [{"kind": "l1"}, {"kind": "l2", "layers": "1:10, output"}],
        "network": [{"kind": "dense", "width": 8}, {"kind": "batch_norm"}, {"kind": "dropout"}],
    },
    "regression": {
        "data": {"kind": "diabetes"},
        "loss": {"kind": "huber"},
        "random_labels": 0.1,
        "preprocessing": [{"kind": "standardize"}, {"kind": "standardize_target"}],
        "regularizers": [{"kind": "max_norm", "limit": 0.5}, {"kind": "clip_value", "threshold": 0.01}],
    },
}


def on_cpu(name: str) -> Experiment:
    """A preset, where its numbers can be repeated."""
    return Experiment.from_dict({**presets.load(name).to_dict(), "device": "cpu"})


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[float]]:
    """The losses of the first fifty steps of every preset's program."""
    folder = tmp_path_factory.mktemp("programs")
    for name in presets.list_presets():
        made = build_program(on_cpu(name))
        (folder / f"{name}.py").write_text(write_script(made, "Exported."), encoding="utf-8")
        assert not made.beside, "two programs here would share one file"
    return alone(folder, {f"{name}.py": 50 for name in presets.list_presets()})


@pytest.mark.parametrize("name", presets.list_presets())
def test_every_preset_gives_the_losses_of_its_run(name: str, exported: dict[str, list[float]]) -> None:
    expect_same(exported[f"{name}.py"], trained(on_cpu(name), 50))


@pytest.mark.parametrize("part", OTHERS, ids=label)
def test_every_part_gives_the_losses_of_its_run(part: type[Part]) -> None:
    experiment = runnable(part)
    expect_same(in_process(experiment, 12), trained(experiment, 12))


@pytest.mark.parametrize("part", [*members("blocks"), *members("activations")], ids=label)
def test_every_block_gives_the_losses_of_its_run(part: type[Part]) -> None:
    found = 0
    for data in INPUTS:
        experiment = with_block(part, data)
        try:
            preview(experiment)
        except InvalidExperiment:
            continue
        found += 1
        expect_same(in_process(experiment, 5), trained(experiment, 5))
    assert found


def with_block(part: Any, data: dict[str, Any]) -> Experiment:
    """A network that holds the block, or the activation."""
    own: dict[str, Any] = {"kind": kind_of(part)}
    before: list[dict[str, Any]] = []
    if part.family == "activations":
        own = {"kind": "activation", "function": own}
    elif part.refers:
        own["of"] = "first"
        before = [{"kind": "layer_norm" if part.shares else "activation", "label": "first"}]
    if kind_of(part) == "group_norm":  # wants several channels
        before = [{"kind": "conv2d", "filters": 4}]
    more = {"loss": {"kind": "mse"}, "batch_size": 16, "steps": 20, "device": "cpu"}
    return Experiment.from_dict({"data": data, "network": [*before, own, {"kind": "flatten"}], **more})


@pytest.mark.parametrize("name", MIXED)
def test_what_works_together_gives_the_losses_of_its_run(name: str) -> None:
    experiment = Experiment.from_dict({"device": "cpu", "steps": 300, "batch_size": 16, **MIXED[name]})
    expect_same(in_process(experiment, 120), trained(experiment, 120))


def test_an_edited_run_is_replayed_with_its_edits(edited: ExportedRun, tmp_path: Path) -> None:
    lines = [line for line in edited.reader.read_log(edited.row.id) if line.kind == "edit"]
    assert [line.detail["path"] for line in lines] == [edit.path for edit in EDITS]
    losses = edited.reader.read_losses(edited.row.id, points=None)[:, 1]
    ((name, data),) = Script().files(edited).items()
    (tmp_path / name).write_bytes(data)
    expect_same(alone(tmp_path, {name: None})[name], losses.tolist())


def test_edits_reach_every_member_of_a_bagged_network() -> None:
    experiment = Experiment.from_dict(
        {
            "data": {"kind": "moons", "samples": 120},
            "network": [{"kind": "dense", "width": 8}, {"kind": "dropout", "rate": 0.2}],
            "schedule": {"kind": "cosine"},
            "ensemble": {"kind": "bagging", "members": 3},
            "regularizers": [{"kind": "l2", "strength": 0.001}],
            "batch_size": 16,
            "steps": 200,
            "device": "cpu",
        }
    )
    values = {"optimizer.lr": 0.02, "batch_size": 24, "network.1.rate": 0.5, "regularizers.l1": 0.001}
    edits = [TimedEdit(10 + 5 * i, Edit(path=path, value=value)) for i, (path, value) in enumerate(values.items())]
    trainer, expected = Trainer(experiment, Never()), list[float]()
    for timed in edits:
        expected += trainer.advance(deadline=math.inf, until_step=timed.step).losses
        trainer.edit(timed.edit)
    expected += trainer.advance(deadline=math.inf, until_step=60).losses
    expect_same(in_process(experiment, 60, edits), expected)


@pytest.mark.parametrize("kind", ["sgd", "rmsprop"])
def test_momentum_may_come_later(kind: str) -> None:
    experiment = Experiment.from_dict({"data": {"kind": "circle"}, "optimizer": {"kind": kind}, "device": "cpu"})
    edit = TimedEdit(10, Edit(path="optimizer.momentum", value=0.5))
    trainer = Trainer(experiment, Never())
    expected = trainer.advance(deadline=math.inf, until_step=10).losses
    trainer.edit(edit.edit)
    expected += trainer.advance(deadline=math.inf, until_step=30).losses
    expect_same(in_process(experiment, 30, [edit]), expected)


def test_the_notebook_runs(edited: ExportedRun) -> None:
    ((name, data),) = Notebook().files(edited).items()
    assert name.endswith(".ipynb")
    document = json.loads(data)
    assert (document["nbformat"], len({cell["id"] for cell in document["cells"]})) == (4, len(document["cells"]))
    space: dict[str, Any] = {"__name__": "notebook"}
    said = StringIO()
    for cell in document["cells"]:
        assert cell["cell_type"] in ("markdown", "code")
        if cell["cell_type"] == "code":
            with redirect_stdout(said):
                exec(
                    compile(
                        "".join(cell["source"]).replace("steps=1000", "steps=30"), "cell", "exec", dont_inherit=True
                    ),
                    space,
                )
    assert "loss" in said.getvalue()
    expect_same(space["losses"], edited.reader.read_losses(edited.row.id, points=None)[:30, 1].tolist())


def test_the_program_says_where_it_is_from_and_needs_two_packages(edited: ExportedRun) -> None:
    ((_, data),) = Script().files(edited).items()
    tree = ast.parse(data)
    head = ast.get_docstring(tree) or ""
    assert edited.row.id in head
    assert edited.row.digest in head
    named = {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    named |= {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    assert {str(name).split(".")[0] for name in named} <= {
        *("torch", "numpy", "math", "io", "base64", "argparse", "dataclasses", "typing", "collections")
    }
    assert max(map(len, data.decode().splitlines())) < 200


def test_large_data_lie_beside_the_program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("engine.export.program.data.INLINE", 100)
    experiment = Experiment.from_dict({"data": {"kind": "wine"}, "device": "cpu", "steps": 10})
    made = build_program(experiment)
    assert list(made.beside) == ["data.npz"]
    for name, data in {"train.py": write_script(made, "Exported.").encode(), **made.beside}.items():
        (tmp_path / name).write_bytes(data)
    expect_same(alone(tmp_path, {"train.py": 10})["train.py"], trained(experiment, 10))


def test_what_cannot_be_exported_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.export.program.data.LARGEST", 100)
    with pytest.raises(NotExportable, match="Wine is too large"):
        build_program(Experiment.from_dict({"data": {"kind": "wine"}}))
    monkeypatch.setattr("engine.export.program.program.KNOWN", {"version"})
    with pytest.raises(PlaygroundError, match="Steps cannot be exported"):
        build_program(Experiment(steps=7))
