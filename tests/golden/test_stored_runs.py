"""A store of the version before is read as that version read it, and its runs go on with the same numbers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.experiment import presets
from engine.frame import Frame
from engine.runtime.client import Fleet
from engine.store.layout import StoreLayout
from engine.store.reader import Reader
from engine.store.writer import Writer
from tests.faults.conftest import end
from tests.golden.unpacking import Golden
from tests.runtime.conftest import wait_for

MORE = 50


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def read(home: Path) -> dict[str, dict[str, Any]]:
    """What the store says of every run, as it was noted."""
    reader, found = Reader(home), dict[str, dict[str, Any]]()
    with reader.open_view() as view:
        for row in view.list_runs():
            found[row.name] = {
                **{name: getattr(row, name) for name in ("state", "step", "epoch", "summary")},
                "message": str(row.message),
                "run": row.id,
                "losses": digest(view.read_losses(row.id, None).tobytes()),
                "epochs": digest(view.read_epochs(row.id, None).tobytes()),
                "frames": {str(step): digest(payload) for step, payload in view.read_frames(row.id)},
                "log": [[line.step, line.kind] for line in view.read_log(row.id)],
                "checkpoints": [checkpoint.step for checkpoint in view.list_checkpoints(row.id)],
            }
    reader.close()
    return found


@pytest.mark.parametrize("migrated", [False, True])
def test_every_run_is_read_as_it_was(golden: Golden, home: Path, migrated: bool) -> None:
    if migrated:
        Writer(StoreLayout.of(home)).close()
    found = read(home)
    assert found.keys() == golden.runs.keys() > set(presets.list_presets())
    for name, own in found.items():
        assert own == {key: golden.runs[name][key] for key in own}, name


def test_every_frame_can_be_drawn(home: Path) -> None:
    reader = Reader(home)
    for row in reader.list_runs():
        assert not row.damage, row.name
        keys = {channel["key"] for channel in row.channels}
        for payload in reader.read_frames(row.id):
            frame = Frame.decode(payload)
            assert frame.readings.keys() & keys, row.name
    reader.close()


@pytest.fixture
def fleet(home: Path) -> Iterator[Fleet]:
    own = Fleet(home)
    wait_for(lambda: own.status()["warm"], 240)
    yield own
    end(own)


@pytest.mark.timeout(900)
def test_every_run_that_was_not_over_goes_on_with_the_same_numbers(golden: Golden, fleet: Fleet) -> None:
    reader = Reader(fleet.layout.home)
    going = {name: noted for name, noted in golden.runs.items() if "next" in noted}
    assert len(going) > 45
    for name, noted in going.items():
        losses, epochs, state = gone_on(fleet, reader, noted)
        first = noted["step"]
        golden.expect_noted(name, losses[first : first + MORE, 1], noted["next"])
        assert (losses[:, 0] == np.arange(1, len(losses) + 1)).all()
        if golden.same_machine:
            rows = [list(row) for row in epochs if first < row[1] <= first + MORE]
            np.testing.assert_array_equal(rows, noted["next_epochs"], name)
        if noted["next_state"]:
            assert state == noted["next_state"]
    reader.close()


def gone_on(fleet: Fleet, reader: Reader, noted: dict[str, Any]) -> tuple[np.ndarray, np.ndarray, str]:
    """Losses, epochs and state of a run that went on for a while, and is deleted."""
    run, goal = noted["run"], noted["step"] + MORE

    def row() -> Any:
        return reader.read_run(run)

    if noted["state"] == "paused":
        fleet.resume(run)
    wait_for(lambda: row().step >= goal or row().state.is_final, 120)
    losses, epochs, state = reader.read_losses(run, None), reader.read_epochs(run, None), row().state
    fleet.delete(run)
    return losses, epochs, state


def test_edits_of_the_run_are_still_there(golden: Golden, home: Path) -> None:
    reader = Reader(home)
    for name in ("edited", "bagging, edited"):
        lines = [line for line in reader.read_log(golden.runs[name]["run"]) if line.kind == "edit"]
        assert [line.detail["path"] for line in lines] == [
            "optimizer.lr",
            "batch_size",
            "network.1.rate",
            "regularizers.l2",
        ]
        edited = json.loads(reader.read_run(golden.runs[name]["run"]).edited)  # type: ignore[union-attr]
        assert (edited["optimizer"]["lr"], edited["batch_size"], edited["network"][1]["rate"]) == (0.02, 16, 0.3)
    reader.close()
