"""`check`, `cost` and the totals of `show`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from engine.catalogue.part import catalogue
from engine.checks import Check
from engine.experiment.presets import load
from engine.jobs.cost import count_cost
from engine.jobs.quantize import QuantizeRun
from engine.processes.execution import perform

if TYPE_CHECKING:
    from tests.cli.conftest import Line


def test_check_says_each_verdict_and_its_reasons(line: Line) -> None:
    status, said, complained = line.here("check", "circle")
    assert (status, complained) == (0, "")
    for part in catalogue(Check).values():
        assert f"✓ pass  {part.title()}" in said
    assert said.count("expected ") == said.count("found ") == len(catalogue(Check))
    status, said, _ = line.here("check", "circle", "--json")
    found = json.loads(said)
    assert status == 0
    assert [one["kind"] for one in found] == list(catalogue(Check))
    assert all(isinstance(one["found"], str) for one in found)


def test_a_failed_check_is_status_1(line: Line) -> None:
    status, said, _ = line.here("check", "circle", "--set", 'initializer={"kind": "zeros"}')
    assert status == 1
    assert "✗ fail  Regularization" in said
    assert "remedy    The penalty is 0" in said


def test_what_cannot_be_trained_is_refused(line: Line) -> None:
    for command in ("check", "cost"):
        status, said, complained = line.here(command, "spiral", "--set", 'network=[{"kind": "conv2d"}]')
        assert status == 2
        assert said == ""
        assert "$.network[0] (conv2d)" in complained


def test_cost_is_that_of_the_experiment(line: Line) -> None:
    status, said, _ = line.here("cost", "lstm", "--json")
    found = json.loads(said)
    by_hand = count_cost(load("lstm"))
    assert status == 0
    assert (found["flops_forward"], found["training"]) == (by_hand.flops_forward, by_hand.training)
    assert found["epoch_seconds"] > 0
    _, said, _ = line.here("cost", "spiral")
    assert "flops training" in said
    assert "epoch seconds" in said


def test_show_prints_what_it_costs(line: Line) -> None:
    known = count_cost(load("spiral"))
    _, said, _ = line.here("show", "spiral")
    for number in (known.flops_training, known.training, known.serving):
        assert f"{number:,}" in said
    _, said, _ = line.here("show", "spiral", "--json")
    found = json.loads(said)
    assert (found["memory_bytes"], found["serving_bytes"]) == (known.training, known.serving)


def test_the_cost_of_a_run_is_its_network_in_smaller_numbers(line: Line, tmp_path: Path) -> None:
    file = tmp_path / "wide.json"
    wide = {"data": {"kind": "digits"}, "network": [{"kind": "dense", "width": 200}], "steps": 30, "device": "cpu"}
    file.write_text(json.dumps(wide))
    done = line("train", file, "--json")
    assert done.returncode == 0, done.stderr
    run = json.loads(done.stdout.splitlines()[-1])["run"]
    _, said, _ = line.here("cost", run, "--json")
    whole, half, small = json.loads(said)["formats"]
    assert whole["bytes"] > half["bytes"] > small["bytes"]
    _, said, _ = line.here("cost", run)
    assert [row.split()[0] for row in said.splitlines()] == ["float32", "bfloat16", "int8"]


def test_what_is_no_number_is_null(line: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """R² of a single example has no meaning, and JSON no word for that."""
    drawn = ";".join(f"{x},0,{x / 10}" for x in range(-5, 5))
    data = {"kind": "points", "task": "regression", "drawn": drawn}
    file = tmp_path / "few.json"
    file.write_text(
        json.dumps({"data": data, "validation": 0.1, "loss": {"kind": "mse"}, "epochs": 2, "device": "cpu"})
    )
    done = line("train", file, "--json")
    assert done.returncode == 0, done.stderr
    found = strictly(done.stdout.splitlines()[-1])
    assert found["metrics"]["validation_r2"] is None
    assert found["metrics"]["train_r2"] < 1
    _, said, _ = line.here("runs", "--json")
    assert {one["id"]: one["summary"]["validation_metric"] for one in strictly(said)}[found["run"]] is None
    _, said, _ = line.here("cost", found["run"], "--json")
    assert [one["metric"] for one in strictly(said)["formats"]] == [None, None, None]
    monkeypatch.setenv("PLAYGROUND_STORE", str(line.home))
    assert [one["metric"] for one in perform(QuantizeRun, json.dumps(found["run"]))[1:]] == [None, None, None]


def strictly(said: str) -> Any:
    """A JSON document, without what only Python takes for one."""

    def refuse(word: str) -> None:
        raise ValueError(word)

    return json.loads(said, parse_constant=refuse)
