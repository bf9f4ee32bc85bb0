"""Reports on their way from the workers to the disk; a worker that is far ahead of the disk has to wait."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from typing import Any

from engine.runtime import report
from engine.runtime.beginnings import Beginnings
from engine.runtime.run_records import RunRecords
from engine.store.records import Outcome, RunUpdate

MOST_PENDING_BYTES = 1 << 20


class ReportIntake:
    """Hands reports to the writer, in order, and keeps count of what is not on the disk yet."""

    def __init__(self, records: RunRecords) -> None:
        self.records = records
        self.beginnings = Beginnings()
        self._pending: dict[str, deque[tuple[asyncio.Future[Outcome], int]]] = defaultdict(deque)

    async def take(self, run: str, attempt: int, header: dict[str, Any], parts: list[bytes]) -> RunUpdate:
        """Store a report. Returns at once when little is pending; what claims a step or ends the run is on the disk
        when this returns. Raises: RuntimeError if the store refuses it: the worker was replaced, or steps are missing.
        """
        ordered = bool(header.get("claim") or header.get("end"))
        entry = report.entry(run, attempt, header, parts)
        stored = self.records.store(entry, urgent=ordered or "channels" in header)
        if "channels" in header:
            stored.add_done_callback(self._announce)
        pending = self._pending[run]
        pending.append((stored, sum(map(len, parts))))
        # Waiting here stops reading from the worker, so that one faster than the disk is slowed down by its socket.
        while pending and (ordered or self._is_behind(run) or pending[0][0].done()):
            first, _ = pending.popleft()
            if await first != "stored":
                raise RuntimeError("telemetry refused")
        return entry

    async def drain(self, run: str) -> None:
        """Wait until what a run's worker said is stored or refused."""
        for stored, _ in self._pending.pop(run, ()):
            await asyncio.wait([stored])

    def _announce(self, stored: asyncio.Future[Outcome]) -> None:
        if not stored.cancelled() and stored.exception() is None and stored.result() == "stored":
            self.beginnings.announce()

    def _is_behind(self, run: str) -> bool:
        return sum(size for _, size in self._pending[run]) > MOST_PENDING_BYTES
