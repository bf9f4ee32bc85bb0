"""The writer and the readers: append-only, trimmed, thinned, merged, and nothing else."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa

from engine.store import maintenance, tables
from engine.store.layout import StoreLayout
from engine.store.reader import Reader
from engine.store.records import CheckpointRow, FrameRow, LogRow, NewRun, RunUpdate
from engine.store.run_changes import Cursor
from engine.store.writer import Writer
from tests.rows import checkpoint_of, row_of


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[Writer]:
    layout = StoreLayout.of(tmp_path)
    layout.prepare()
    own = Writer(layout)
    own.commit([RunUpdate("r", create=NewRun('{"a":1}', "digest"), changes={"attempt": 1})])
    yield own
    own.close()


@pytest.fixture
def reader(writer: Writer) -> Iterator[Reader]:
    own = Reader(writer.layout.home)
    yield own
    own.close()


def driver_of(writer: Writer) -> Any:
    """The connection beneath SQLAlchemy's."""
    return writer.connection.connection.driver_connection


def losses(first: int, *values: float, **more: Any) -> RunUpdate:
    return RunUpdate("r", 1, first_step=first, losses=np.array(values, np.float32), **more)


def test_a_run_is_created_once(writer: Writer, reader: Reader) -> None:
    writer.commit([losses(1, 0.5), RunUpdate("r", create=NewRun("other", "x"))])
    row = row_of(reader, "r")
    assert (row.experiment, row.edited, row.step, row.attempt, row.state) == ('{"a":1}', '{"a":1}', 1, 1, "running")
    assert reader.read_run("nobody") is None


def test_what_is_said_again_is_trimmed(writer: Writer, reader: Reader) -> None:
    ends = ((1.0, 2.0, 0.1, 0.2, 0.3, 0.4), (2.0, 4.0, 0.5, 0.6, 0.7, 0.8))
    frames = [FrameRow(step, 0.0, b"%d" % step) for step in (1, 3, 4)]
    writer.commit([losses(1, 1, 2, 3, epochs=ends[:1], frames=tuple(frames[:2]))])
    writer.commit([losses(1, 1, 2), losses(3, 3, 4, epochs=ends, frames=tuple(frames)), losses(2, 2, 3)])
    assert reader.read_losses("r").tolist() == [[1, 1], [2, 2], [3, 3], [4, 4]]
    assert reader.read_epochs("r").tolist() == [list(row) for row in ends]
    assert reader.read_frames("r") == [b"1", b"3", b"4"]


def test_a_second_writer_knows_how_far_the_first_came(writer: Writer, reader: Reader) -> None:
    writer.commit([losses(1, 1, 2, 3, epochs=((1.0, 2.0, 0, 0, 0, 0),), frames=(FrameRow(2, 0.0, b"2"),))])
    writer.close()
    again = Writer(writer.layout)
    ends = ((1.0, 2.0, 9, 9, 9, 9), (2.0, 4.0, 0, 0, 0, 0))
    again.commit([losses(2, 2, 3, 4, epochs=ends, frames=(FrameRow(2, 0.0, b"again"), FrameRow(4, 0.0, b"4")))])
    assert reader.read_losses("r")[:, 1].tolist() == [1, 2, 3, 4]
    assert reader.read_epochs("r")[:, 2].tolist() == [0, 0]
    assert reader.read_frames("r") == [b"2", b"4"]
    again.close()
    writer.connection = writer.engine.connect()


def test_a_gap_is_refused_whole(writer: Writer, reader: Reader) -> None:
    late = losses(5, 5, log=(LogRow(5, "edit"),), changes={"message": "late"})
    assert writer.commit([losses(1, 1), late, losses(2, 2)]) == ["stored", "gap", "stored"]
    assert reader.read_losses("r")[:, 1].tolist() == [1, 2]
    assert reader.read_log("r") == []
    assert str(row_of(reader, "r").message) == ""


def test_old_progress_does_not_turn_the_counters_back(writer: Writer, reader: Reader) -> None:
    writer.commit([losses(1, 1, 2, 3, progress={"epoch": 7})])
    writer.commit([losses(1, 1, 2, progress={"epoch": 3})])
    assert row_of(reader, "r").epoch == 7
    writer.commit([losses(3, 3, 4, progress={"epoch": 8})])
    assert row_of(reader, "r").epoch == 8


def test_a_batch_is_stored_whole_or_not_at_all(writer: Writer, reader: Reader) -> None:
    bad = RunUpdate("r", changes={"state": None})
    with pytest.raises(sa.exc.IntegrityError):
        writer.commit([losses(1, 1), bad])
    assert len(reader.read_losses("r")) == 0
    assert writer.commit([losses(1, 1)]) == ["stored"]  # and the marks have not moved
    assert len(reader.read_losses("r")) == 1


def test_the_last_three_checkpoints_and_the_last_good_one(writer: Writer, reader: Reader) -> None:
    home = writer.layout.home
    for step in range(6):
        name = f"checkpoints/{step}.pt"
        (home / name).write_bytes(b"x")
        writer.commit([RunUpdate("r", 1, checkpoint=CheckpointRow(step, name, "s", 0, good=step in (0, 1)))])
    assert [found.step for found in reader.list_checkpoints("r")] == [5, 4, 3, 1]
    assert checkpoint_of(reader, "r").path == home / "checkpoints/5.pt"
    assert checkpoint_of(reader, "r", good=True).step == 1
    assert sorted(path.name for path in writer.layout.checkpoints.iterdir()) == ["1.pt", "3.pt", "4.pt", "5.pt"]
    writer.commit([RunUpdate("r", 1, spoiled=("checkpoints/5.pt",))])
    assert [found.step for found in reader.list_checkpoints("r")] == [4, 3, 1]


def test_frames_are_thinned(writer: Writer, reader: Reader) -> None:
    writer.commit([losses(1, *[0.0] * maintenance.MOST_FRAMES)])
    for step in range(1, maintenance.MOST_FRAMES + 2):
        writer.commit([RunUpdate("r", 1, frames=(FrameRow(step, 0.0, b"%d" % step),))])
    steps = [int(payload) for payload in reader.read_frames("r")]
    last = maintenance.MOST_FRAMES + 1
    grid = {1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 18, 22, 27, 33, 41, 51, 63, 78, 97, 121, 151, 188, 235, 293, 366, 457}
    grid |= {571, 713, 891, 1113, 1391, 1738}  # each at most 1.25 times the last
    others = [step for step in range(1, last + 1) if step not in grid]
    dropped = others[1 : len(others) // 2 : 2]  # the newer half is whole
    assert steps == [step for step in range(1, last + 1) if step not in dropped]


def test_merging_changes_nothing_a_reader_sees(writer: Writer, reader: Reader) -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=20_000).astype(np.float32)
    for start in range(0, len(values), 25):
        end = ((start // 25 + 1.0, start + 25.0, *rng.normal(size=4)),)
        writer.commit([losses(start + 1, *values[start : start + 25], epochs=end)])
    found = reader.read_losses("r", points=None)
    np.testing.assert_array_equal(found[:, 0], np.arange(1, len(values) + 1))
    np.testing.assert_array_equal(found[:, 1].astype(np.float32), values)
    np.testing.assert_array_equal(reader.read_epochs("r", None)[:, 0], np.arange(1, len(values) // 25 + 1))
    with reader.open_view() as view:
        pieces = view.connection.execute(sa.select(tables.losses.c.seq, sa.func.length(tables.losses.c.payload))).all()
    assert len(pieces) < 650  # 800 were written
    assert max(length for _, length in pieces) == 4 * maintenance.POINTS
    writer.commit([losses(1, *values[:10]), losses(20_001, 7.0)])  # trimming and going on still work
    assert reader.read_losses("r", points=None)[-1].tolist() == [20_001, 7]


def test_a_tail_sees_each_row_once_also_across_a_merge(writer: Writer, reader: Reader) -> None:
    cursor, heard = Cursor(), []
    for step in range(1, 1_500):
        writer.commit([losses(step, float(step), log=(LogRow(step, "edit"),) if step % 500 == 0 else ())])
        if step % 40 == 0:
            with reader.open_view() as view:
                cursor, news = view.read_changes(cursor, ["r"])
            heard += [row for piece in news["r"].losses for row in piece[:, 0].tolist()]
    assert heard == list(range(1, 1_481))


def test_a_tail_skips_other_runs(writer: Writer, reader: Reader) -> None:
    writer.commit([RunUpdate("other", create=NewRun("{}", "d")), losses(1, 1, frames=(FrameRow(1, 5.0, b"f"),))])
    with reader.open_view() as view:
        cursor, news = view.read_changes(Cursor(), ["other"])
        assert not news["other"].losses
        assert view.read_changes(cursor, ["r"])[1]["r"].frames == []
        assert view.read_changes(Cursor(), ["r"])[1]["r"].frames == [(1, 5.0, b"f")]


def test_deleting_forgets_everything_and_gives_the_room_back(writer: Writer, reader: Reader) -> None:
    blob = bytes(100_000)
    writer.commit([losses(1, *[0.0] * 50, frames=tuple(FrameRow(step, 0.0, blob) for step in range(1, 51)))])
    driver_of(writer).execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = writer.layout.database.stat().st_size
    outcome = writer.commit([RunUpdate("r", delete=True), losses(51, 1.0)])
    assert outcome == ["stored", "fenced"]
    driver_of(writer).execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert writer.layout.database.stat().st_size < before / 10
    assert reader.read_run("r") is None
    assert reader.read_frames("r") == []
    assert len(reader.read_losses("r")) == 0


def test_readers_cannot_write(reader: Reader) -> None:
    with reader.open_view() as view, pytest.raises(sa.exc.OperationalError, match="readonly"):
        view.connection.execute(sa.delete(tables.runs))


def test_the_store_is_set_up_to_be_safe(writer: Writer) -> None:
    driver = driver_of(writer)
    assert driver.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert driver.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
    assert driver.execute("PRAGMA foreign_keys").fetchone() == (1,)


def test_a_transaction_takes_the_lock_at_once(writer: Writer) -> None:
    other = sqlite3.connect(writer.layout.database, timeout=0.05, isolation_level=None)
    with writer.connection.begin(), pytest.raises(sqlite3.OperationalError, match="locked"):
        other.execute("BEGIN IMMEDIATE")
    other.close()


def test_thin_keeps_ends_and_peaks() -> None:
    values = np.sin(np.arange(50_000) / 3_000)
    values[[777, 31_000]] = [-9.0, 9.0]
    values[12_345] = np.nan
    rows = np.column_stack([np.arange(1, 50_001), values])
    few = maintenance.thin(rows, 500)
    assert len(few) <= 500
    assert {1, 778, 31_001, 12_346, 50_000} <= set(few[:, 0].astype(int))
    assert (np.diff(few[:, 0]) > 0).all()
    assert {tuple(row) for row in few if np.isfinite(row[1])} <= {tuple(row) for row in rows}  # nothing is made up
    epochs = np.column_stack([rows[:, 0], rows[:, 0], values])
    assert {778, 31_001} <= set(maintenance.thin(epochs, 500, 2)[:, 0].astype(int))  # where another column decides
    assert maintenance.thin(rows[:500], 500) is rows[:500] or len(maintenance.thin(rows[:500], 500)) == 500


@pytest.mark.parametrize(("count", "limit"), [(10, 4), (160, 160), (2_000, 160), (3, 1), (5, 0)])
def test_frames_are_chosen_evenly(writer: Writer, reader: Reader, count: int, limit: int) -> None:
    writer.commit([losses(1, *[0.0] * count, frames=tuple(FrameRow(s, 0.0, b"%d" % s) for s in range(1, count + 1)))])
    steps = [int(payload) for payload in reader.read_frames("r", limit=limit)]
    assert len(steps) == min(count, limit)
    if limit > 1:
        assert (steps[0], steps[-1]) == (1, count)
        assert len({b - a for a, b in itertools.pairwise(steps)}) <= 2
    assert reader.read_frame("r") == b"%d" % count
    assert reader.read_frame("r", 2) == b"2"
