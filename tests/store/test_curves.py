"""The small picture of a run's loss: stored values only, few of them, the first and the last among them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.store.layout import StoreLayout
from engine.store.loss_curves import POINTS, sample_loss_curve
from engine.store.reader import Reader
from engine.store.records import NewRun, RunUpdate
from engine.store.writer import Writer


@pytest.mark.parametrize("columns", [6, 14])
@pytest.mark.parametrize("pieces", [1, 5, 32, 33, 300])
def test_the_validation_loss_of_evenly_chosen_epochs(tmp_path: Path, pieces: int, columns: int) -> None:
    layout = StoreLayout.of(tmp_path)
    layout.prepare()
    writer = Writer(layout)
    writer.commit([RunUpdate("r", create=NewRun("{}", "d"))])
    rng = np.random.default_rng(0)
    rows = rng.random((600, columns))
    rows[:, 0] = np.arange(600)
    for part in np.array_split(rows, pieces):
        writer.commit([RunUpdate("r", epochs=tuple(map(tuple, part.tolist())))])
    reader = Reader(tmp_path)
    with reader.open_view() as view:
        found = sample_loss_curve(view.connection, "r")
        ten = sample_loss_curve(view.connection, "r", 10)
    told = rows[:, 4].astype(np.float32)
    assert len(found) == POINTS
    assert len(ten) == 10
    assert (found[0], found[-1]) == (told[0], told[-1])
    places = [int(np.flatnonzero(told == value)[0]) for value in found]
    assert places == sorted(set(places))
    assert max(np.diff(places)) <= 2 * 600 / POINTS + 1  # none is left out for long
    reader.close()
    writer.close()


def test_training_loss_where_there_is_no_validation_and_steps_where_there_are_no_epochs(tmp_path: Path) -> None:
    layout = StoreLayout.of(tmp_path)
    layout.prepare()
    writer = Writer(layout)
    nan, inf = float("nan"), float("inf")
    losses = np.array([3.0, inf, 2.0, nan, 1.0], np.float32)
    writer.commit([RunUpdate(name, create=NewRun("{}", "d")) for name in ("bare", "steps", "train")])
    ends = [(float(n), n * 10.0, 1.0 / (n + 1), 0.5, nan, nan) for n in range(5)]
    ends[3] = (3.0, 30.0, 1e300, 0.5, nan, nan)  # no float32
    writer.commit([RunUpdate("steps", first_step=1, losses=losses), RunUpdate("train", epochs=tuple(ends))])
    reader = Reader(tmp_path)
    with reader.open_view() as view:
        assert sample_loss_curve(view.connection, "bare").tolist() == []
        assert sample_loss_curve(view.connection, "steps").tolist() == [3.0, 2.0, 1.0]
        assert (
            sample_loss_curve(view.connection, "train").tolist()
            == np.array([1.0, 1 / 2, 1 / 3, 1 / 5], np.float32).tolist()
        )
    reader.close()
    writer.close()
