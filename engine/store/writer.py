"""The one writer: turns a batch of updates into one transaction.

Telemetry is append-only. The writer knows how far each run is stored, trims what a resumed worker sends again (the
same numbers), and refuses what comes from a replaced worker or would leave a gap.

There is a single one because two connections that write or checkpoint at once can corrupt WAL files in SQLite before
3.51.3 (https://www.sqlite.org/wal.html#walresetbug).
"""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import sqlalchemy as sa

from engine.message import NOTHING, Message
from engine.run_state import RunState
from engine.store import backups, connections, disk_reserve, integrity, maintenance, tables
from engine.store.layout import StoreLayout
from engine.store.records import CheckpointRow, LogRow, Outcome, RunUpdate
from engine.store.row_models import NAMELESS

NEWEST = 3  # checkpoints of a run that stay, besides the last good one
BUDGET = 2**30  # bytes of one run's checkpoints, besides the newest and the last good one


@dataclass(frozen=True)
class HighWaterMark:
    """How far a run is stored: its last attempt, step, epoch and frame's step, and its counts of frames and chunks."""

    attempt: int
    step: int
    epoch: int
    frame: int
    frames: int = 0
    chunks: int = 0


class PendingTransaction:
    """What a batch of updates writes: rows by table, changes of runs, and the marks that hold after the commit."""

    def __init__(self) -> None:
        self.marks: dict[str, HighWaterMark] = {}
        self.rows: dict[sa.Table, list[dict[str, Any]]] = defaultdict(list)
        self.updates: dict[str, dict[str, Any]] = defaultdict(dict)
        self.obsolete: list[str] = []
        self.deleted: list[str] = []
        self.chunks: dict[str, dict[str, Any]] = {}

    def add_losses(self, row: dict[str, Any]) -> int:
        """Add a chunk of losses, to the run's last chunk in this batch if it follows that; returns the new rows."""
        last = self.chunks.get(row["run"])
        if last is not None and last["step_hi"] + 1 == row["step_lo"]:
            last["step_hi"] = row["step_hi"]
            last["payload"] += row["payload"]
            return 0
        self.chunks[row["run"]] = row
        self.rows[tables.losses].append(row)
        return 1


class Writer:
    """Holds the writing connection; not thread-safe. The supervisor's lock sees that there is one a store."""

    def __init__(self, layout: StoreLayout) -> None:
        self.layout = layout
        self.engine = connections.open_writer(layout.database)
        self.connection = self.engine.connect()
        self.identity = integrity.identify(layout)
        self.marks: dict[str, HighWaterMark] = {}

    def close(self) -> None:
        """Close the store, which writes the log back into the database; if its file was removed, save what is open."""
        driver = self.connection.connection.driver_connection
        if driver is not None and integrity.identify(self.layout) != self.identity:
            backups.rescue(self.layout, driver)
        self.connection.close()
        self.engine.dispose()

    def commit(self, batch: Sequence[RunUpdate]) -> list[Outcome]:
        """Store a batch in one transaction; when it returns, the batch is on the disk. On an exception nothing is.

        Raises: sqlalchemy.exc.DBAPIError, when the disk is full or the file locked.
        """
        pending = PendingTransaction()
        with self.connection.begin():
            outcomes = [self._apply(update, pending) for update in batch]
            self._flush(pending)
            self._maintain(pending)
        self.marks.update(pending.marks)  # not sooner: what was rolled back must be accepted when it is sent again
        for run in pending.deleted:
            self.marks.pop(run, None)
        if pending.deleted:
            maintenance.vacuum(self.connection)
        for path in pending.obsolete:  # only after the commit: a rollback must find its files
            (self.layout.home / path).unlink(missing_ok=True)
        return outcomes

    def hold(self) -> None:
        """Mark every running run as held: it waits for room on the disk."""
        self._switch_state(RunState.RUNNING, RunState.HELD, disk_reserve.FULL)

    def release(self) -> None:
        """Mark every held run as running again."""
        self._switch_state(RunState.HELD, RunState.RUNNING, NOTHING)

    def _switch_state(self, before: RunState, after: RunState, message: Message) -> None:
        table, now = tables.runs, time.time()
        with self.connection.begin():
            found = self.connection.execute(sa.select(table.c.id, table.c.step).where(table.c.state == before)).all()
            kind = "held" if after is RunState.HELD else "released"
            detail = json.dumps({"sentence": message.plain()} if message else {})
            for run, step in found:
                row = {"run": run, "step": step, "kind": kind, "detail": detail, "at": now}
                self.connection.execute(sa.insert(tables.log), row)
            change = sa.update(table).where(table.c.state == before)
            self.connection.execute(change.values(state=after, message=message.dump(), updated=now))

    def _find_mark(self, run: str, pending: PendingTransaction) -> HighWaterMark | None:
        if run in pending.deleted:
            return None
        mark = pending.marks.get(run) or self.marks.get(run) or read_mark(self.connection, run)
        if mark is not None:
            pending.marks[run] = mark
        return mark

    def _apply(self, update: RunUpdate, pending: PendingTransaction) -> Outcome:
        if update.delete:
            self._delete(update.run, pending)
            return "stored"
        if update.create is not None:
            self._create(update, pending)
        mark = self._find_mark(update.run, pending)
        if mark is None or update.attempt not in (None, mark.attempt):
            return "fenced"
        if len(update.losses) and update.first_step > mark.step + 1:
            return "gap"
        self._append_telemetry(update, mark, pending)
        now = time.time()
        for row in update.log:
            pending.rows[tables.log].append(_log_values(update.run, row, now))
        if update.checkpoint is not None or update.spoiled:
            self._record_checkpoint(update, pending, now)
        if "attempt" in update.changes:
            pending.marks[update.run] = replace(pending.marks[update.run], attempt=update.changes["attempt"])
        if update.first_step + len(update.losses) > mark.step:  # else it only repeats what is stored
            pending.updates[update.run].update(update.progress)
        if update.changes.keys() != {"name"}:  # a name is no news of the run: its duration stays
            pending.updates[update.run]["updated"] = now
        pending.updates[update.run].update(update.changes)
        return "stored"

    def _create(self, update: RunUpdate, pending: PendingTransaction) -> None:
        new, now = update.create, time.time()
        if new is None or self._find_mark(update.run, pending) is not None:
            return  # a request that was repeated: the run exists
        row = {
            **asdict(new),
            "message": new.message.dump(),
            **dict.fromkeys(("step", "epoch", "attempt"), 0),
            "id": update.run,
            "created": now,
            "updated": now,
            "edited": new.experiment,
            "channels": "[]",
            "summary": "{}",
        }
        self.connection.execute(sa.insert(tables.runs), row)
        pending.marks[update.run] = HighWaterMark(0, 0, -1, -1)

    def _delete(self, run: str, pending: PendingTransaction) -> None:
        self._flush(pending)  # rows of this run that are still pending must go with it
        rowid = run.removeprefix(NAMELESS)
        named = tables.runs.c.id == run
        nameless = sa.literal_column("rowid") == int(rowid) if rowid != run and rowid.isdecimal() else named
        self.connection.execute(sa.delete(tables.runs).where(nameless))
        pending.marks.pop(run, None)
        pending.deleted.append(run)

    def _append_telemetry(self, update: RunUpdate, mark: HighWaterMark, pending: PendingTransaction) -> None:
        if len(update.losses):
            fresh = np.asarray(update.losses[max(0, mark.step + 1 - update.first_step) :], "<f4")
            if len(fresh):
                last = update.first_step + len(update.losses) - 1
                # little-endian whatever the machine: stores and archives travel
                row = {"run": update.run, "step_lo": last - len(fresh) + 1, "step_hi": last, "payload": fresh.tobytes()}
                mark = replace(mark, step=last, chunks=mark.chunks + pending.add_losses(row))
                pending.updates[update.run]["step"] = last
        epochs = [row for row in update.epochs if row[0] > mark.epoch]
        if epochs:
            first, last = int(epochs[0][0]), int(epochs[-1][0])
            payload = np.asarray(epochs, "<f8").tobytes()  # (epochs, columns)
            row = {"run": update.run, "epoch_lo": first, "epoch_hi": last, "payload": payload}
            pending.rows[tables.epochs].append(row)
            mark = replace(mark, epoch=last, chunks=mark.chunks + 1)
        for frame in update.frames:
            if frame.step > mark.frame:
                row = {"run": update.run, "step": frame.step, "at": frame.at, "payload": frame.payload}
                pending.rows[tables.frames].append(row)
                mark = replace(mark, frame=frame.step, frames=mark.frames + 1)
        pending.marks[update.run] = mark

    def _record_checkpoint(self, update: RunUpdate, pending: PendingTransaction, now: float) -> None:
        """Record a new file; forget all but the newest few and the last good one, to which a diverged run goes back."""
        table = tables.checkpoints
        if update.checkpoint is not None:
            self.connection.execute(sa.insert(table), _checkpoint_values(update.run, update.checkpoint, now))
        newest = sa.select(table.c.seq, table.c.path, table.c.good).where(table.c.run == update.run)
        found = self.connection.execute(newest.order_by(table.c.seq.desc())).all()
        sound = [row for row in found if row.path not in update.spoiled]
        newest_sound = sound[: self._count_within_budget([row.path for row in sound[:NEWEST]])]
        last_good = [row for row in sound if row.good][:1]
        remaining = {row.seq for row in (*newest_sound, *last_good)}
        for row in found:
            if row.seq not in remaining:
                self.connection.execute(sa.delete(table).where(table.c.seq == row.seq))
                pending.obsolete.append(row.path)

    def _count_within_budget(self, paths: Sequence[str]) -> int:
        """Count the files, the newest first, that fit into a run's budget of bytes; the newest in any case."""
        size = 0
        for count, path in enumerate(paths):
            with suppress(OSError):
                size += (self.layout.home / path).stat().st_size
            if count and size > BUDGET:
                return count
        return len(paths)

    def _flush(self, pending: PendingTransaction) -> None:
        for table, rows in pending.rows.items():
            if rows:
                self.connection.execute(sa.insert(table), rows)
        # one statement for all runs whose same columns change
        by_columns: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
        for run, changes in pending.updates.items():
            by_columns[tuple(sorted(changes))].append({"run_": run, **changes})
        for names, rows in by_columns.items():
            change = sa.update(tables.runs).where(tables.runs.c.id == sa.bindparam("run_"))
            self.connection.execute(change.values({name: sa.bindparam(name) for name in names}), rows)
        pending.rows.clear()
        pending.chunks.clear()
        pending.updates.clear()

    def _maintain(self, pending: PendingTransaction) -> None:
        for run, mark in pending.marks.items():
            if mark.frames > maintenance.MOST_FRAMES:
                mark = replace(mark, frames=mark.frames - maintenance.thin_frames(self.connection, run))
            if mark.chunks > maintenance.MOST_CHUNKS:
                maintenance.merge_chunks(self.connection, run)
                mark = replace(mark, chunks=0)
            pending.marks[run] = mark


def read_mark(connection: sa.Connection, run: str) -> HighWaterMark | None:
    """Read from the tables how far `run` is stored; None if there is no such run."""
    columns = sa.select(tables.runs.c.attempt, tables.runs.c.step).where(tables.runs.c.id == run)
    row = connection.execute(columns).one_or_none()
    if row is None:
        return None
    last = sa.select(sa.func.max(tables.epochs.c.epoch_hi)).where(tables.epochs.c.run == run)
    epoch = connection.execute(last).scalar()
    table = tables.frames
    newest = sa.select(sa.func.max(table.c.step), sa.func.count()).where(table.c.run == run)
    frame, frames = connection.execute(newest).one()
    chunks = sa.select(sa.func.count()).select_from(tables.losses).where(tables.losses.c.run == run)
    chunk_count = connection.execute(chunks).scalar_one()
    epoch, frame = (-1 if last is None else last for last in (epoch, frame))
    return HighWaterMark(row.attempt, row.step, epoch, frame, frames, chunk_count)


def _log_values(run: str, row: LogRow, now: float) -> dict[str, Any]:
    return {"run": run, "step": row.step, "kind": row.kind, "detail": json.dumps(row.detail), "at": row.at or now}


def _checkpoint_values(run: str, row: CheckpointRow, now: float) -> dict[str, Any]:
    fields = {"step": row.step, "path": row.path, "sha256": row.sha256, "epoch": row.epoch, "good": row.good}
    return {"run": run, "at": now, **fields}
