"""Recalls and confusion matrices: counted by hand, kept beside epochs of older versions, told to viewers."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from engine.data.prepare import prepare
from engine.experiment.experiment import Experiment
from engine.frame import unpack
from engine.live import messages
from engine.store import maintenance
from engine.store.layout import StoreLayout
from engine.store.per_class import extract_class_metrics
from engine.store.reader import Reader
from engine.store.records import NewRun, RunUpdate
from engine.store.tables import EPOCH_COLUMNS, list_epoch_columns
from engine.store.writer import Writer
from engine.training.per_class import ByClass
from engine.training.trainer import Trainer

CHANNELS = [{"key": key, "series": ["a", "b", "c"]} for key in ("recall", "confusion")]
NEW = (0.5, 1.0, math.nan, 1, 1, 0, 0, 3, 0, 0, 0, 0)  # three recalls, then the matrix; nothing is of class c


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[Writer]:
    layout = StoreLayout.of(tmp_path)
    layout.prepare()
    own = Writer(layout)
    changes = {"attempt": 1, "channels": json.dumps(CHANNELS)}
    own.commit([RunUpdate("r", create=NewRun(Experiment().to_json(), "digest"), changes=changes)])
    yield own
    own.close()


def row(epoch: int, more: tuple[float, ...] = ()) -> tuple[float, ...]:
    return (float(epoch), 2.0 * epoch, 0.1, 0.2, 0.3, 0.4, *more)


def store(writer: Writer, epoch: int, more: tuple[float, ...]) -> None:
    losses = np.array([0.5, 0.5], np.float32)
    writer.commit([RunUpdate("r", 1, first_step=2 * epoch - 1, losses=losses, epochs=(row(epoch, more),))])


def test_they_are_counted_by_hand() -> None:
    experiment = Experiment.from_dict({"data": {"kind": "blobs", "classes": 3}})
    own = ByClass(experiment, prepare(experiment))
    right = torch.tensor([0, 0, 1, 1, 1])
    said = torch.nn.functional.one_hot(torch.tensor([0, 1, 1, 1, 1]), 3).float()
    for targets in (right, torch.nn.functional.one_hot(right, 3).float()):
        np.testing.assert_array_equal(own(said, targets), NEW)


@pytest.mark.parametrize(
    ("more", "kept", "crossed"),
    [
        ({"data": {"kind": "digits"}}, True, True),
        ({"data": {"kind": "curve"}, "loss": {"kind": "mse"}}, False, False),
        ({"data": {"kind": "digits"}, "epochs": 100_000, "steps": None}, True, False),
    ],
    ids=["digits", "numbers", "very long"],
)
def test_what_is_kept_has_bounds(more: dict[str, Any], kept: bool, crossed: bool) -> None:
    experiment = Experiment.from_dict({**more, "device": "cpu"})
    own = ByClass(experiment, prepare(experiment))
    assert (own.has_recalls, own.has_matrix) == (kept, crossed)
    assert [channel.key for channel in own.channels] == ["recall"] * kept + ["confusion"] * crossed


@pytest.mark.parametrize("network", [[], [{"kind": "head"}, {"kind": "reconstruct"}]], ids=["one end", "three ends"])
def test_a_trainer_gives_them_each_epoch(network: list[dict[str, Any]]) -> None:
    start = {"data": {"kind": "wine"}, "preprocessing": [{"kind": "standardize"}], "network": network, "probes": []}
    trainer = Trainer(Experiment.from_dict({**start, "epochs": 3, "steps": None, "device": "cpu"}))
    progress = trainer.advance(deadline=math.inf)
    assert len(progress.classes) == len(progress.epochs) == 3
    trainer.network.eval()
    with torch.no_grad():
        said = trainer.network(trainer.data.validation_x)[:, :3].argmax(1).numpy()
    right = trainer.data.validation_y.numpy()
    matrix = np.array([[((right == r) & (said == s)).sum() for s in range(3)] for r in range(3)])
    newest = np.array(progress.classes[-1])
    np.testing.assert_array_equal(newest[3:].reshape(3, 3), matrix)
    np.testing.assert_allclose(newest[:3], matrix.diagonal() / matrix.sum(1))


def test_a_run_that_an_older_version_began_goes_on(writer: Writer) -> None:
    """Its first epochs have no classes; pieces of both kinds are joined apart, and read as one."""
    for epoch in range(1, 1500):
        store(writer, epoch, () if epoch <= 1100 else NEW)
    with writer.connection.begin():
        maintenance.merge_chunks(writer.connection, "r")
    reader = Reader(writer.layout.home)
    epochs = reader.read_epochs("r", None)
    assert epochs.shape == (1499, len(list_epoch_columns(CHANNELS)))
    np.testing.assert_array_equal(epochs[:, 0], np.arange(1, 1500))
    np.testing.assert_array_equal(epochs[:, 6:], [(math.nan,) * 12] * 1100 + [NEW] * 399)
    found = extract_class_metrics(CHANNELS, epochs)
    assert found is not None
    assert found.confusion is not None
    assert found.recalls.shape == (399, 3)
    assert found.plain()["confusion"] == [[1, 1, 0], [0, 3, 0], [0, 0, 0]]
    reader.close()


def test_a_run_of_an_older_version_reads_as_before(writer: Writer) -> None:
    writer.commit([RunUpdate("r", changes={"channels": "[]"})])
    store(writer, 1, ())
    reader = Reader(writer.layout.home)
    assert reader.read_epochs("r").tolist() == [list(row(1))]
    assert extract_class_metrics([], reader.read_epochs("r")) is None
    assert list_epoch_columns([]) == EPOCH_COLUMNS
    reader.close()


@pytest.mark.parametrize(("more", "worst"), [(NEW, 0.5), ((), math.nan), ((math.nan,) * 12, math.nan)])
def test_viewers_are_told_the_lowest_recall_alone(more: tuple[float, ...], worst: float) -> None:
    message = messages.pack_epochs(np.array([row(1, more)]), CHANNELS, reset=False)
    head, start = unpack(b"TPS1", message)
    assert head["columns"] == [*EPOCH_COLUMNS, "worst_recall"]
    np.testing.assert_array_equal(np.frombuffer(message, "<f8", offset=start), [*row(1), worst])
    plain, _ = unpack(b"TPS1", messages.pack_epochs(np.array([row(1, more)]), [], reset=True))
    assert plain["columns"] == list(EPOCH_COLUMNS)
