"""Reading the store, from any process and thread; nothing here can write."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa

from engine.message import Message
from engine.run_state import RunState
from engine.store import connections, integrity, migrations, row_models, tables
from engine.store.layout import StoreLayout
from engine.store.maintenance import thin
from engine.store.run_changes import Cursor, LogLine, RunChanges, append_row, parse_log_row
from engine.store.series_chunks import (
    UnreadableStore,
    choose_evenly,
    concatenate_epochs,
    decode_epochs,
    decode_losses,
    select_runs,
)


@dataclass(frozen=True)
class RunRow:
    """A run as the store knows it; `experiment` is how it began, `edited` has its edits so far (both JSON).

    Times are in seconds since 1970. `damage` names the damaged columns, which have harmless values here.
    """

    id: str
    created: float
    updated: float
    experiment: str
    edited: str
    digest: str
    state: RunState
    message: Message
    parent: str | None
    parent_step: int | None
    step: int
    epoch: int
    attempt: int
    channels: list[dict[str, Any]]
    static: bytes | None
    summary: dict[str, Any]
    name: str = ""  # given by a person
    damage: str = ""


@dataclass(frozen=True)
class Checkpoint:
    """A recorded checkpoint; `path` is absolute."""

    step: int
    path: Path
    sha256: str
    epoch: int
    good: bool


class Reader:
    """Read-only access to a store, from any thread. Each method sees one moment; `view()` holds one over several calls.

    Raises: UnreadableStore if the file is gone or damaged, NewerStore if a newer version wrote it; damage to a single
    run spoils that run alone.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.layout = StoreLayout.of(folder)
        self.engine = connections.open_reader(self.layout.database)
        self._schema, self._columns = migrations.EMPTY, frozenset[str]()
        self._identity = integrity.identify(self.layout)

    def close(self) -> None:
        """Close its connections."""
        self.engine.dispose()

    def reopen_if_replaced(self) -> bool:
        """Let go of connections to a file that another one has replaced; returns whether it was so."""
        now = integrity.identify(self.layout)
        if now == self._identity:
            return False
        self._identity, self._schema = now, migrations.EMPTY
        self.engine.dispose()
        return True

    def open_view(self) -> View:
        """Open one moment of the store: `with reader.open_view() as view:`."""
        return View(self)

    @property
    def run_rows(self) -> sa.Select[*tuple[Any, ...]]:
        """Every run, with those columns that the store has: no supervisor may have migrated it yet."""
        return select_runs(self._columns)

    def refresh_schema(self, connection: sa.Connection) -> None:
        """Learn which columns exist, at the first moment seen and after a migration. Raises: NewerStore."""
        found = migrations.read_number(connection)
        if found > migrations.find_latest():
            raise migrations.NewerStore
        if found != self._schema:
            self._schema, self._columns = found, migrations.list_columns(connection, "runs")

    def list_runs(self, limit: int = 1_000) -> list[RunRow]:
        """The newest runs first."""
        with self.open_view() as view:
            return view.list_runs(limit)

    def read_run(self, run: str) -> RunRow | None:
        """One run, or None if there is none of that name."""
        with self.open_view() as view:
            return view.read_run(run)

    def read_losses(self, run: str, points: int | None = 2_000) -> np.ndarray:
        """(n, 2) float64: step, loss of every step; thinned to stored points unless `points` is None."""
        with self.open_view() as view:
            return view.read_losses(run, points)

    def read_epochs(self, run: str, points: int | None = 2_000) -> np.ndarray:
        """(n, 6) float64: `tables.EPOCH_COLUMNS`; then what `tables.list_epoch_columns` adds for this run."""
        with self.open_view() as view:
            return view.read_epochs(run, points)

    def read_frames(self, run: str, since_step: int = -1, limit: int | None = None) -> list[bytes]:
        """Encoded frames after `since_step`, in order; at most `limit`, evenly chosen, first and last among them."""
        with self.open_view() as view:
            return [payload for _, payload in view.read_frames(run, since_step, limit)]

    def read_frame(self, run: str, step: int | None = None) -> bytes | None:
        """The newest frame, or the newest at or before `step`."""
        with self.open_view() as view:
            return view.read_frame(run, step)

    def read_log(self, run: str) -> list[LogLine]:
        """Everything that happened to a run, in order."""
        with self.open_view() as view:
            return view.read_log(run)

    def list_checkpoints(self, run: str) -> list[Checkpoint]:
        """The recorded checkpoints, newest first."""
        with self.open_view() as view:
            return view.list_checkpoints(run)

    def find_checkpoint(self, run: str, *, good: bool = False) -> Checkpoint | None:
        """The newest checkpoint, or the newest good one."""
        return next((found for found in self.list_checkpoints(run) if found.good or not good), None)


class View:
    """One moment of the store."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader

    def __enter__(self) -> View:
        self.reader.reopen_if_replaced()
        try:
            self.connection = self.reader.engine.connect()
            self.transaction = self.connection.begin()
            self.reader.refresh_schema(self.connection)
        except sa.exc.DBAPIError as error:
            raise UnreadableStore from error
        except migrations.NewerStore:
            self.transaction.rollback()
            self.connection.close()
            raise
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        with suppress(sa.exc.DBAPIError):
            self.transaction.rollback()
            self.connection.close()
        if isinstance(error, sa.exc.DBAPIError):
            raise UnreadableStore from error

    def list_runs(self, limit: int = 1_000) -> list[RunRow]:
        """The newest runs first."""
        ordered = self.reader.run_rows.order_by(tables.runs.c.created.desc()).limit(limit)
        return [_parse_run(row) for row in self.connection.execute(ordered).mappings()]

    def read_run(self, run: str) -> RunRow | None:
        """One run, or None if there is none of that name."""
        row = self.connection.execute(self.reader.run_rows.where(tables.runs.c.id == run)).mappings().one_or_none()
        return None if row is None else _parse_run(row)

    def list_in_states(self, *states: RunState) -> list[RunRow]:
        """Runs in some states, the oldest first."""
        chosen = self.reader.run_rows.where(tables.runs.c.state.in_(states)).order_by(tables.runs.c.created)
        return [_parse_run(row) for row in self.connection.execute(chosen).mappings()]

    def read_losses(self, run: str, points: int | None = 2_000) -> np.ndarray:
        """(n, 2) float64: step and loss, thinned."""
        table = tables.losses
        chosen = sa.select(table.c.step_lo, table.c.payload).where(table.c.run == run).order_by(table.c.step_lo)
        found = self.connection.execute(chosen).all()
        rows = np.concatenate([decode_losses(lo, payload) for lo, payload in found]) if found else np.empty((0, 2))
        return rows if points is None else thin(rows, points)

    def read_epochs(self, run: str, points: int | None = 2_000) -> np.ndarray:
        """(n, 6) float64: `tables.EPOCH_COLUMNS`, then columns of heads and classes, thinned."""
        table = tables.epochs
        columns = (table.c.payload, table.c.epoch_hi - table.c.epoch_lo + 1)
        chosen = sa.select(*columns).where(table.c.run == run).order_by(table.c.epoch_lo)
        found = [decode_epochs(payload, count) for payload, count in self.connection.execute(chosen)]
        rows = concatenate_epochs(found) if found else decode_epochs(b"", 0)
        return rows if points is None else thin(rows, points, tables.EPOCH_COLUMNS.index("validation_loss"))

    def list_frame_steps(self, run: str, since_step: int = -1) -> list[int]:
        """The steps that have a frame, in order."""
        table = tables.frames
        chosen = sa.select(table.c.step).where(table.c.run == run, table.c.step > since_step).order_by(table.c.step)
        return list(self.connection.execute(chosen).scalars())

    def read_frames(self, run: str, since_step: int = -1, limit: int | None = None) -> list[tuple[int, bytes]]:
        """Frames with their steps; at most `limit`, evenly chosen."""
        return self.read_frames_at(run, choose_evenly(self.list_frame_steps(run, since_step), limit))

    def read_frames_at(self, run: str, steps: Sequence[int]) -> list[tuple[int, bytes]]:
        """The frames of these steps, in order."""
        table, found = tables.frames, []
        for start in range(0, len(steps), 500):
            chosen = sa.select(table.c.step, table.c.payload).where(table.c.run == run)
            part = chosen.where(table.c.step.in_(steps[start : start + 500])).order_by(table.c.step)
            found += [(step, payload) for step, payload in self.connection.execute(part)]
        return found

    def read_frames_with_times(self, run: str) -> list[tuple[int, float, bytes]]:
        """Every frame with its step and the time at which it was encoded, in order."""
        table = tables.frames.c
        chosen = sa.select(table.step, table.at, table.payload).where(table.run == run).order_by(table.step)
        return [(step, at, payload) for step, at, payload in self.connection.execute(chosen)]

    def read_frame(self, run: str, step: int | None = None) -> bytes | None:
        """The newest frame, or the newest at or before `step`."""
        table = tables.frames
        chosen = sa.select(table.c.payload).where(table.c.run == run).order_by(table.c.step.desc()).limit(1)
        if step is not None:
            chosen = chosen.where(table.c.step <= step)
        payload: bytes | None = self.connection.execute(chosen).scalar_one_or_none()
        return payload

    def read_log(self, run: str) -> list[LogLine]:
        """Everything that happened to a run, in order."""
        chosen = sa.select(tables.log).where(tables.log.c.run == run).order_by(tables.log.c.seq)
        return [parse_log_row(row) for row in self.connection.execute(chosen).mappings()]

    def list_checkpoints(self, run: str) -> list[Checkpoint]:
        """The recorded checkpoints, newest first."""
        table = tables.checkpoints
        found = self.connection.execute(sa.select(table).where(table.c.run == run).order_by(table.c.seq.desc()))
        home = self.reader.layout.home
        return [Checkpoint(row.step, home / row.path, row.sha256, row.epoch, row.good) for row in found]

    def read_states(self, names: Iterable[str]) -> dict[str, tuple[str, Message, int, int]]:
        """State, message, step and epoch of some runs, without those that are damaged."""
        table = tables.runs.c
        columns = (table.id, table.state, table.message, table.step, table.epoch)
        chosen = sa.select(*columns).where(table.id.in_(list(names)))
        sound = [row for row in self.connection.execute(chosen) if tuple(map(type, row[1:])) == (str, str, int, int)]
        return {row[0]: (row[1], Message.load(row[2]), row[3], row[4]) for row in sound}

    def read_changes(self, since: Cursor, names: Iterable[str]) -> tuple[Cursor, dict[str, RunChanges]]:
        """Read what some runs have gained since a cursor, without those that are damaged, and the next cursor.

        The cursor moves past rows of other runs too, so that a viewer of one run does not read them again.
        """
        chosen = list(names)
        news = {name: RunChanges() for name in chosen}
        newest_seq: dict[str, int] = {}
        damaged: set[str] = set()
        for table in (tables.losses, tables.epochs, tables.frames, tables.log):
            start: int = getattr(since, table.name)
            newest = self.connection.execute(sa.select(sa.func.max(table.c.seq))).scalar()
            newest_seq[table.name] = max(start, newest or 0)
            if chosen and newest_seq[table.name] > start:
                # the concatenation keeps SQLite from the index on run: by seq the new rows are few
                of_runs = table.c.run.concat("").in_(chosen)
                rows = sa.select(table).where(table.c.seq > start, of_runs).order_by(table.c.seq)
                for row in self.connection.execute(rows).mappings():
                    try:
                        append_row(news[row["run"]], table.name, row)
                    except row_models.DamagedRun:
                        damaged.add(row["run"])
        return Cursor(**newest_seq), {name: changes for name, changes in news.items() if name not in damaged}


def _parse_run(raw: sa.RowMapping) -> RunRow:
    columns, damage = row_models.validate_row(raw)
    rowid = columns.pop("rowid")
    # a run whose id is damaged can still be shown and deleted
    parsed = {"id": columns["id"] or f"{row_models.NAMELESS}{rowid}", "state": RunState(columns["state"])}
    return RunRow(**{**columns, **parsed, "message": Message.load(columns["message"])}, damage=damage)
