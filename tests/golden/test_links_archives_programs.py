"""Links, archives and programs of the version before: each says, imports and gives what it did."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.archive.unpack import read_file
from engine.experiment import presets
from engine.experiment.experiment import Experiment
from engine.experiment.share_link import decode_link, encode_link
from engine.preview.preview import preview
from engine.runtime.client import Fleet
from engine.store.reader import Reader
from tests.export.running import alone
from tests.faults.conftest import end
from tests.golden.unpacking import Golden
from tests.runtime.conftest import wait_for

MORE = 50
NAMES = (*presets.list_presets(), "my own table", "edited", "bagging, edited", "diverged")
FILES = {"edited": "edited", "bagging_edited": "bagging, edited", "finished": "finished"}


@pytest.mark.parametrize("name", NAMES)
def test_a_link_means_the_same_experiment(golden: Golden, home: Path, name: str) -> None:
    link, document = golden.links[name]["link"], golden.links[name]["experiment"]
    experiment = decode_link(link)
    assert experiment == Experiment.from_dict(document)
    assert decode_link(encode_link(experiment)) == experiment
    assert preview(experiment).parameters > 0
    expect_same_choices(document, experiment.to_dict())


def expect_same_choices(before: dict[str, Any], now: dict[str, Any]) -> None:
    """Every field of the document of version 1, and bagging wherever this version has it."""
    bagging, others = None, []
    for rule in before["regularizers"]:
        if rule["kind"] == "bagging":
            bagging = rule
        else:
            others.append(rule)
    moved = {"version", "regularizers"}
    assert {key: now[key] for key in before.keys() - moved} == {key: before[key] for key in before.keys() - moved}
    assert [rule for rule in now["regularizers"] if rule["kind"] != "bagging"] == others
    found = now.get("ensemble") or next((rule for rule in now["regularizers"] if rule["kind"] == "bagging"), None)
    if bagging is None:
        assert found is None
    else:
        assert found is not None
        assert (found["members"], found["vote"]) == (bagging["members"], bagging["vote"])


def test_every_preset_is_what_its_link_says(golden: Golden) -> None:
    """A preset may change, but then on purpose: its old link keeps the old experiment."""
    same = [name for name in presets.list_presets() if decode_link(golden.links[name]["link"]) == presets.load(name)]
    assert set(same) == set(presets.list_presets())


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fleet]:
    monkeypatch.setenv("PLAYGROUND_STORE", str(tmp_path / "empty"))
    own = Fleet(tmp_path / "empty")
    wait_for(lambda: own.status()["warm"], 240)
    yield own
    end(own)


def reached(reader: Reader, run: str, step: int) -> bool:
    row = reader.read_run(run)
    return row is not None and row.step >= step


def test_an_archive_is_imported_and_goes_on(golden: Golden, fleet: Fleet) -> None:
    reader = Reader(fleet.layout.home)
    for file, name in FILES.items():
        noted = golden.runs[name]
        run = fleet.take_in(read_file(golden.folder / "archives" / f"{file}.zip"))
        row = reader.read_run(run)
        assert row is not None
        assert (row.state, row.step, row.epoch, row.name) == (noted["state"], noted["step"], noted["epoch"], name)
        with reader.open_view() as view:
            assert [str(step) for step, _, _ in view.read_frames_with_times(run)] == list(noted["frames"])
        if row.state == "paused":
            goal = row.step + MORE
            fleet.resume(run)
            wait_for(partial(reached, reader, run, goal), 120)
            golden.expect_noted(name, reader.read_losses(run, None)[row.step : goal, 1], noted["next"])
            fleet.delete(run)
    reader.close()


def test_a_program_gives_the_losses_that_it_gave(golden: Golden, tmp_path: Path) -> None:
    shutil.copytree(golden.folder / "programs", tmp_path / "programs")
    found = alone(tmp_path / "programs", {f"{name}.py": 60 for name in golden.programs})
    assert len(found) == 3
    for name, noted in golden.programs.items():
        golden.expect_noted(name, np.array(found[f"{name}.py"]), noted)
