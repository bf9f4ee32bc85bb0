from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.errors import PlaygroundError
from engine.experiment.edits import Edit
from engine.experiment.experiment import Experiment
from engine.export.exporters import ExportedRun
from engine.message import Message
from engine.runtime.client import Fleet
from engine.store.reader import Reader
from tests.runtime.conftest import end, wait_for

DOCUMENT = {
    "data": {"kind": "digits", "layout": "image"},
    "network": [
        {"kind": "conv2d", "filters": 4, "label": "eyes"},
        {"kind": "batch_norm"},
        {"kind": "add", "of": "eyes"},
        {"kind": "flatten"},
        {"kind": "dropout", "rate": 0.2},
        {"kind": "dense", "width": 8},
    ],
    "optimizer": {"kind": "adam", "lr": 0.005},
    "regularizers": [{"kind": "l2", "strength": 0.001}],
    "batch_size": 32,
    "epochs": 20,
    "steps": None,
    "device": "cpu",
}
EDITS = [
    Edit(path="optimizer.lr", value=0.02),
    Edit(path="batch_size", value=48),
    Edit(path="network.4.rate", value=0.5),
    Edit(path="regularizers.l1", value=0.0005),
    Edit(path="regularizers.l2", value=0.01),
]


@pytest.fixture(scope="session")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    own = Fleet(tmp_path_factory.mktemp("export") / "store", ("--checkpoint-seconds", "1"))
    wait_for(lambda: own.status()["warm"], 240)  # a cold start may take longer than a client waits
    yield own
    end(own)


@pytest.fixture(scope="session")
def reader(fleet: Fleet) -> Iterator[Reader]:
    own = Reader(fleet.layout.home)
    yield own
    own.close()


@pytest.fixture(scope="session")
def edited(fleet: Fleet, reader: Reader) -> ExportedRun:
    """A finished run that was edited while it trained."""
    run = fleet.start(Experiment.from_dict(DOCUMENT))
    fleet.pause(run)
    for edit in EDITS:
        fleet.step(run, "batch")
        wait_for(lambda: paused(reader, run), 60)
        fleet.edit(run, edit)
    fleet.resume(run)
    wait_for(lambda: ExportedRun.of(reader, run).row.state == "finished", 120)
    return ExportedRun.of(reader, run)


def paused(reader: Reader, run: str) -> bool:
    """Whether the run rests."""
    row = reader.read_run(run)
    if row is None:
        raise PlaygroundError(Message("{run}", run=run))
    return row.state == "paused"
