"""A run whose R² is not defined, through the store and every way out of it."""

from __future__ import annotations

import csv
import io
import json
import math
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from engine.archive.unpack import unpack
from engine.cli import checks
from engine.experiment.experiment import Experiment
from engine.export.bundle import format_metrics
from engine.export.exporters import ExportedRun
from engine.export.exporters.archive import Archive
from engine.export.exporters.tensorboard import TensorBoard
from engine.export.program.program import build_program
from engine.export.program.script_file import write_script
from engine.jobs.quantize import compare_run_formats
from engine.store.tables import list_epoch_columns
from pages.runs.listing import make_row
from tests.runtime.conftest import wait_for
from tests.science.test_undefined import LONE

if TYPE_CHECKING:
    from engine.runtime.client import Fleet
    from engine.store.reader import Reader

ENDS = {**LONE, "network": [{"kind": "dense", "width": 4}, {"kind": "head"}]}


@pytest.fixture(scope="module")
def lone(fleet: Fleet, reader: Reader) -> ExportedRun:
    run = fleet.start(Experiment.from_dict(ENDS))
    wait_for(lambda: ExportedRun.of(reader, run).row.state == "finished", 120)
    return ExportedRun.of(reader, run)


def test_the_store_the_list_and_the_table(lone: ExportedRun) -> None:
    assert "NaN" not in json.dumps(lone.row.summary)
    assert lone.row.summary["validation_metric"] is None
    assert str(lone.row.message).endswith("and R² is not defined.")
    assert make_row(lone.row)["Metric"] == "–"
    rows = list(csv.DictReader(io.StringIO(format_metrics(lone.reader, lone.row.id).to_csv(index=False))))
    ends = [row for row in rows if row["epoch"]]
    assert len(ends) == 2
    for row in ends:
        assert row["validation_metric"] == row["output_validation_metric"] == row["2_head_validation_metric"] == ""
        assert float(row["train_metric"]) == float(row["output_train_metric"])


def test_tensorboard_has_the_ends_and_no_number_where_there_is_none(lone: ExportedRun, tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    for name, data in TensorBoard().files(lone).items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    found = EventAccumulator(str(tmp_path / lone.row.id), {"scalars": 0})
    found.Reload()
    tags = set(found.Tags()["scalars"])
    assert {"metric/train", "metric/train/output", "loss/validation/2_head", "metric/train/2_head"} <= tags
    assert not {tag for tag in tags if tag.startswith("metric/validation")}
    columns = list_epoch_columns(lone.row.channels)
    held = lone.reader.read_epochs(lone.row.id, None)[:, columns.index("2_head_validation_loss")]
    np.testing.assert_array_equal([e.value for e in found.Scalars("loss/validation/2_head")], np.float32(held))


def test_the_smaller_formats_have_none(
    lone: ExportedRun, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAYGROUND_STORE", str(lone.reader.layout.home))
    _head, *rows = compare_run_formats(lone.row.id)
    assert all(math.isnan(row["metric"]) for row in rows)
    checks.print_quantized_sizes(lone.row.id, True)
    assert {row["metric"] for row in json.loads(capsys.readouterr().out)["formats"]} == {None}
    checks.print_quantized_sizes(lone.row.id, False)
    assert capsys.readouterr().out.count("R² is not defined") == len(rows)


@pytest.mark.parametrize("document", [LONE, ENDS], ids=["one end", "two ends"])
def test_the_program_says_so(document: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "it.py").write_text(write_script(build_program(Experiment.from_dict(document)), "Exported."))
    done = subprocess.run([sys.executable, "-I", "it.py"], cwd=tmp_path, capture_output=True, text=True, check=True)
    said = [text for text in done.stdout.splitlines() if text.startswith(("epoch", "test"))]
    assert len(said) == 3
    assert all(text.endswith("R² is not defined") for text in said)


def test_an_archive_of_several_ends_carries_it(lone: ExportedRun, fleet: Fleet) -> None:
    ((_, data),) = Archive().files(lone).items()
    run = fleet.take_in(unpack(data))
    wait_for(lambda: lone.reader.read_run(run) is not None, 20)
    before, after = (lone.reader.read_epochs(name, None) for name in (lone.row.id, run))
    assert before.shape == (2, len(list_epoch_columns(lone.row.channels)))
    np.testing.assert_array_equal(before, after)
    assert np.isnan(after[:, 5]).all()
