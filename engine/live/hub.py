"""Follows the store for all viewers together: one look a tick, and every message is made once."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from engine.live import messages as series
from engine.live.viewer import Viewer
from engine.message import NOTHING, Message
from engine.store.maintenance import thin
from engine.store.reader import Reader, View
from engine.store.row_models import DamagedRun
from engine.store.run_changes import Cursor, RunChanges
from engine.store.series_chunks import concatenate_epochs

TICK_SECONDS = 0.04
SNAPSHOT_SECONDS = 0.03
LOSSES_A_TICK = 8

State = tuple[str, Message, int, int]

journal = logging.getLogger("live")


@dataclass
class HubUpdate:
    """Result of one look at the store: messages for viewers, all of the same moment."""

    news: dict[str, list[series.Packet]] = field(default_factory=dict)
    snapshots: dict[str, Sequence[series.Packet] | None] = field(default_factory=dict)  # None: there is no such run
    renewed: set[str] = field(default_factory=set)  # runs whose viewers all need the snapshot
    gone: set[str] = field(default_factory=set)


@dataclass
class KnownRun:
    """State of a run as viewers were last told. A bare one had not begun: its channels are still to come."""

    state: State = ("", NOTHING, 0, 0)
    bare: bool = False
    channels: Sequence[Mapping[str, Any]] = ()
    slim: dict[int, bytes] = field(default_factory=dict)


class Hub:
    """Hub of all viewers. Lives in the server's event loop; one thread of its own reads the store."""

    def __init__(self, home: Path | None) -> None:
        self.reader = Reader(home)
        self.viewers: dict[str, set[Viewer]] = defaultdict(set)
        self._thread = ThreadPoolExecutor(1, "live-reader")
        self._joined = asyncio.Event()
        self._woken = asyncio.Event()
        self._cursor = Cursor()
        self._known: dict[str, KnownRun] = {}  # touched by the reading thread only
        self._version: object = None

    def join(self, viewer: Viewer) -> None:
        """Begin with a snapshot at the next tick, then send news."""
        self.viewers[viewer.run].add(viewer)
        self._joined.set()

    def leave(self, viewer: Viewer) -> None:
        self.viewers[viewer.run].discard(viewer)
        if not self.viewers[viewer.run]:
            del self.viewers[viewer.run]

    def look_now(self) -> None:
        """Look into the store at once instead of at the next tick: a run has begun, and its first picture is there."""
        self._woken.set()

    async def follow(self) -> None:
        """Tick, for as long as the server runs; sleep while nobody watches."""
        loop = asyncio.get_running_loop()
        while True:
            if not self.viewers:
                self._joined.clear()
                await self._joined.wait()
            self._woken.clear()
            began = time.monotonic()
            fresh = [run for run, those in self.viewers.items() if any(viewer.wants_snapshot for viewer in those)]
            try:
                update = await loop.run_in_executor(self._thread, self._look, list(self.viewers), fresh)
            except Exception:
                journal.exception("the store could not be read")
                await asyncio.sleep(1.0)
                continue
            self._publish(update)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(began + TICK_SECONDS - time.monotonic()):
                    await self._woken.wait()

    def close(self) -> None:
        self._thread.shutdown()
        self.reader.close()

    # In the reading thread --------------------------------------------------------------------------------------------

    def _look(self, watched: list[str], fresh: list[str]) -> HubUpdate:
        """What is new of the watched runs and pictures for those who need one, all of the same moment."""
        update = HubUpdate()
        if self.reader.reopen_if_replaced():
            self._cursor, self._version = Cursor(), None
        for run in self._known.keys() - set(watched):
            del self._known[run]
        if not (self._has_changed() or fresh):
            return update
        with self.reader.open_view() as view:
            self._cursor, news = view.read_changes(self._cursor, self._known)
            states = {run: state for run, state in view.read_states(self._known).items() if run in news}
            update.gone = self._known.keys() - states.keys()
            for run in update.gone:
                del self._known[run]
            bare = [run for run, known in self._known.items() if known.bare and news[run].frames]
            for run, state in states.items():
                update.news[run] = self._make_messages(news[run], self._known[run], state)
                self._known[run].state = state
            end = time.monotonic() + SNAPSHOT_SECONDS
            for run in dict.fromkeys(bare + fresh):
                self._begin(view, run, update)
                if time.monotonic() > end:
                    break  # the others at the next tick, so that nobody's news waits for them
        update.renewed = set(bare) & update.snapshots.keys()
        return update

    def _has_changed(self) -> bool:
        """Has anything been committed since the last look? Costs some microseconds."""
        with self.reader.engine.connect() as connection:
            now = (  # data_version counts for one connection alone: another one of the pool counts anew
                id(connection.connection.driver_connection),
                connection.exec_driver_sql("PRAGMA data_version").scalar(),
            )
        before, self._version = self._version, now
        return now != before

    def _begin(self, view: View, run: str, update: HubUpdate) -> None:
        row = view.read_run(run)
        if row is None or row.damage:
            update.snapshots[run] = None
            return
        known = self._known.setdefault(run, KnownRun())
        known.state, known.bare = (row.state, row.message, row.step, row.epoch), not row.channels
        known.channels = row.channels
        try:
            update.snapshots[run] = series.pack_snapshot(view, row, known.slim)
        except (
            DamagedRun,
            ValueError,
            TypeError,
            KeyError,
        ):  # a damaged run must not end the other viewers
            journal.exception("run %s cannot be shown", run)
            update.snapshots[run] = None

    def _make_messages(self, news: RunChanges, known: KnownRun, now: State) -> list[series.Packet]:
        """The messages of one run's news."""
        messages: list[series.Packet] = []
        if news.losses:
            rows = thin(np.concatenate(news.losses), LOSSES_A_TICK)
            messages.append(series.pack_table("losses", rows, reset=False))
        if news.epochs:
            messages.append(series.pack_epochs(concatenate_epochs(news.epochs), known.channels, reset=False))
        messages += [payload for _, _, payload in news.frames]
        messages += [series.write_line(entry) for entry in news.log]
        if now[:2] != known.state[:2]:
            messages.append(series.write_state(now))
        return messages

    # In the event loop ------------------------------------------------------------------------------------------------

    def _publish(self, update: HubUpdate) -> None:
        for run, messages in update.news.items():
            for viewer in self.viewers.get(run, ()) if messages else ():
                viewer.offer(messages)
        for run, snapshot in update.snapshots.items():
            for viewer in self.viewers.get(run, ()):
                if snapshot is None:
                    viewer.end()
                elif viewer.wants_snapshot or run in update.renewed:
                    viewer.restart(snapshot)
        for run in update.gone:
            for viewer in self.viewers.get(run, ()):
                viewer.reply(series.write_state(("deleted", NOTHING, 0, 0)))
                viewer.end()
