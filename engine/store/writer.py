"""The one writer: turns a batch of entries into one transaction.

Telemetry is append-only. The writer knows how far each run is stored, trims what a resumed worker says again (the
same numbers), and refuses what comes from a replaced worker or would leave a gap.
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

NEWEST = 3  # checkpoints of a run that stay, beside the last good one
BUDGET = 2**30  # bytes of one run's checkpoints, beside the newest and the last good one


@dataclass(frozen=True)
class HighWaterMark:
    """How far a run is stored: its last attempt, step, epoch and frame, and how many frames and chunks it has."""

    attempt: int
    step: int
    epoch: int
    frame: int
    frames: int = 0
    chunks: int = 0


class Batch:
    """One batch before its commit: rows by table, and the marks that become true when the transaction is committed."""

    def __init__(self) -> None:
        self.marks: dict[str, HighWaterMark] = {}
        self.rows: dict[sa.Table, list[dict[str, Any]]] = defaultdict(list)
        self.updates: dict[str, dict[str, Any]] = defaultdict(dict)
        self.obsolete: list[str] = []
        self.deleted: list[str] = []
        self.chunks: dict[str, dict[str, Any]] = {}

    def add_losses(self, row: dict[str, Any]) -> int:
        """Add a piece, to the run's last one in this batch if there is one; returns how many new rows that makes."""
        last = self.chunks.get(row["run"])
        if last is not None and last["step_hi"] + 1 == row["step_lo"]:
            last["step_hi"] = row["step_hi"]
            last["payload"] += row["payload"]
            return 0
        self.chunks[row["run"]] = row
        self.rows[tables.losses].append(row)
        return 1


class Writer:
    """Holds the writing connection; not thread-safe. There must be one a store: see the supervisor's lock."""

    def __init__(self, layout: StoreLayout) -> None:
        self.layout = layout
        self.engine = connections.open_writer(layout.database)
        self.connection = self.engine.connect()
        self.identity = integrity.identity(layout)
        self.marks: dict[str, HighWaterMark] = {}

    def close(self) -> None:
        """Write the log back into the database and let go of it; if its file was removed, what is open is saved."""
        driver = self.connection.connection.driver_connection
        if driver is not None and integrity.identity(self.layout) != self.identity:
            backups.rescue(self.layout, driver)
        self.connection.close()
        self.engine.dispose()

    def commit(self, batch: Sequence[RunUpdate]) -> list[Outcome]:
        """Store a batch in one transaction; when it returns, the batch is on the disk. On an exception nothing is."""
        draft = Batch()
        with self.connection.begin():
            outcomes = [self._apply(entry, draft) for entry in batch]
            self._flush(draft)
            self._maintain(draft)
        self.marks.update(draft.marks)
        for run in draft.deleted:
            self.marks.pop(run, None)
        if draft.deleted:
            maintenance.vacuum(self.connection)
        for path in draft.obsolete:  # only after the commit: a rollback must find its files
            (self.layout.home / path).unlink(missing_ok=True)
        return outcomes

    def hold(self) -> None:
        """Say in every running run that it waits for room."""
        self._switch_state(RunState.RUNNING, RunState.HELD, disk_reserve.FULL)

    def release(self) -> None:
        """Say in every held run that it goes on."""
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

    def _find_mark(self, run: str, draft: Batch) -> HighWaterMark | None:
        if run in draft.deleted:
            return None
        mark = draft.marks.get(run) or self.marks.get(run) or read_mark(self.connection, run)
        if mark is not None:
            draft.marks[run] = mark
        return mark

    def _apply(self, entry: RunUpdate, draft: Batch) -> Outcome:
        if entry.delete:
            self._delete(entry.run, draft)
            return "stored"
        if entry.create is not None:
            self._create(entry, draft)
        mark = self._find_mark(entry.run, draft)
        if mark is None or entry.attempt not in (None, mark.attempt):
            return "fenced"
        if len(entry.losses) and entry.first_step > mark.step + 1:
            return "gap"
        self._append_telemetry(entry, mark, draft)
        now = time.time()
        for row in entry.log:
            draft.rows[tables.log].append(_log_values(entry.run, row, now))
        if entry.checkpoint is not None or entry.spoiled:
            self._record_checkpoint(entry, draft, now)
        if "attempt" in entry.changes:
            draft.marks[entry.run] = replace(draft.marks[entry.run], attempt=entry.changes["attempt"])
        if entry.first_step + len(entry.losses) > mark.step:  # else it only says again what is stored
            draft.updates[entry.run].update(entry.progress)
        if entry.changes.keys() != {"name"}:  # a name is no news of the run: its duration stays
            draft.updates[entry.run]["updated"] = now
        draft.updates[entry.run].update(entry.changes)
        return "stored"

    def _create(self, entry: RunUpdate, draft: Batch) -> None:
        new, now = entry.create, time.time()
        if new is None or self._find_mark(entry.run, draft) is not None:
            return  # asked for twice: the second asks for what is there
        row = {
            **asdict(new),
            "message": new.message.dump(),
            **dict.fromkeys(("step", "epoch", "attempt"), 0),
            "id": entry.run,
            "created": now,
            "updated": now,
            "edited": new.experiment,
            "channels": "[]",
            "summary": "{}",
        }
        self.connection.execute(sa.insert(tables.runs), row)
        draft.marks[entry.run] = HighWaterMark(0, 0, -1, -1)

    def _delete(self, run: str, draft: Batch) -> None:
        self._flush(draft)
        rowid = run.removeprefix(NAMELESS)
        named = tables.runs.c.id == run
        nameless = sa.literal_column("rowid") == int(rowid) if rowid != run and rowid.isdecimal() else named
        self.connection.execute(sa.delete(tables.runs).where(nameless))
        draft.marks.pop(run, None)
        draft.deleted.append(run)

    def _append_telemetry(self, entry: RunUpdate, mark: HighWaterMark, draft: Batch) -> None:
        if len(entry.losses):
            fresh = np.asarray(entry.losses[max(0, mark.step + 1 - entry.first_step) :], "<f4")
            if len(fresh):
                last = entry.first_step + len(entry.losses) - 1
                row = {"run": entry.run, "step_lo": last - len(fresh) + 1, "step_hi": last, "payload": fresh.tobytes()}
                mark = replace(mark, step=last, chunks=mark.chunks + draft.add_losses(row))
                draft.updates[entry.run]["step"] = last
        ends = [row for row in entry.epochs if row[0] > mark.epoch]
        if ends:
            payload = np.asarray(ends, "<f8").tobytes()
            row = {"run": entry.run, "epoch_lo": int(ends[0][0]), "epoch_hi": int(ends[-1][0]), "payload": payload}
            draft.rows[tables.epochs].append(row)
            mark = replace(mark, epoch=int(ends[-1][0]), chunks=mark.chunks + 1)
        for frame in entry.frames:
            if frame.step > mark.frame:
                row = {"run": entry.run, "step": frame.step, "at": frame.at, "payload": frame.payload}
                draft.rows[tables.frames].append(row)
                mark = replace(mark, frame=frame.step, frames=mark.frames + 1)
        draft.marks[entry.run] = mark

    def _record_checkpoint(self, entry: RunUpdate, draft: Batch, now: float) -> None:
        """Record a new file; forget all but the last few and the last good one."""
        table = tables.checkpoints
        if entry.checkpoint is not None:
            self.connection.execute(sa.insert(table), _checkpoint_values(entry.run, entry.checkpoint, now))
        newest = sa.select(table.c.seq, table.c.path, table.c.good).where(table.c.run == entry.run)
        found = self.connection.execute(newest.order_by(table.c.seq.desc())).all()
        sound = [row for row in found if row.path not in entry.spoiled]
        kept = {row.seq for row in sound[: self._count_within_budget([row.path for row in sound[:NEWEST]])]} | {
            row.seq for row in [r for r in sound if r.good][:1]
        }
        for row in found:
            if row.seq not in kept:
                self.connection.execute(sa.delete(table).where(table.c.seq == row.seq))
                draft.obsolete.append(row.path)

    def _count_within_budget(self, paths: Sequence[str]) -> int:
        """How many of a run's files, the newest first, fit into its budget of bytes; the newest in any case."""
        size = 0
        for count, path in enumerate(paths):
            with suppress(OSError):
                size += (self.layout.home / path).stat().st_size
            if count and size > BUDGET:
                return count
        return len(paths)

    def _flush(self, draft: Batch) -> None:
        for table, rows in draft.rows.items():
            if rows:
                self.connection.execute(sa.insert(table), rows)
        alike: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
        for run, changes in draft.updates.items():
            alike[tuple(sorted(changes))].append({"run_": run, **changes})
        for names, rows in alike.items():
            change = sa.update(tables.runs).where(tables.runs.c.id == sa.bindparam("run_"))
            self.connection.execute(change.values({name: sa.bindparam(name) for name in names}), rows)
        draft.rows.clear()
        draft.chunks.clear()
        draft.updates.clear()

    def _maintain(self, draft: Batch) -> None:
        for run, mark in draft.marks.items():
            if mark.frames > maintenance.MOST_FRAMES:
                mark = replace(mark, frames=mark.frames - maintenance.thin_frames(self.connection, run))
            if mark.chunks > maintenance.MOST_CHUNKS:
                maintenance.merge_chunks(self.connection, run)
                mark = replace(mark, chunks=0)
            draft.marks[run] = mark


def read_mark(connection: sa.Connection, run: str) -> HighWaterMark | None:
    """How far `run` is stored, from the tables."""
    own = sa.select(tables.runs.c.attempt, tables.runs.c.step).where(tables.runs.c.id == run)
    row = connection.execute(own).one_or_none()
    if row is None:
        return None
    last = sa.select(sa.func.max(tables.epochs.c.epoch_hi)).where(tables.epochs.c.run == run)
    epoch = connection.execute(last).scalar()
    table = tables.frames
    newest = sa.select(sa.func.max(table.c.step), sa.func.count()).where(table.c.run == run)
    frame, frames = connection.execute(newest).one()
    chunks = sa.select(sa.func.count()).select_from(tables.losses).where(tables.losses.c.run == run)
    counted = connection.execute(chunks).scalar_one()
    epoch, frame = (-1 if last is None else last for last in (epoch, frame))
    return HighWaterMark(row.attempt, row.step, epoch, frame, frames, counted)


def _log_values(run: str, row: LogRow, now: float) -> dict[str, Any]:
    return {"run": run, "step": row.step, "kind": row.kind, "detail": json.dumps(row.detail), "at": row.at or now}


def _checkpoint_values(run: str, row: CheckpointRow, now: float) -> dict[str, Any]:
    fields = {"step": row.step, "path": row.path, "sha256": row.sha256, "epoch": row.epoch, "good": row.good}
    return {"run": run, "at": now, **fields}
