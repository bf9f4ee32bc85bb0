"""The supervisor at work: answers requests, looks after the store, leaves when it is needed no more."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import signal
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from engine.archive import run_import
from engine.errors import PlaygroundError
from engine.message import Message
from engine.run_state import RunState
from engine.runtime import code_version, lock, rpc, store_upkeep
from engine.runtime.process_factory import set_environment
from engine.runtime.request_ticket import RequestTicket, sweep
from engine.runtime.run_records import RunRecords
from engine.runtime.scheduler import Scheduler
from engine.runtime.worker_pool import WorkerPool
from engine.store import disk_reserve, run_names
from engine.store.layout import StoreLayout
from engine.store.records import LogRow, NewRun, RunUpdate
from engine.store.row_models import NAME, is_valid

SWEEP_SECONDS = 300.0

journal = logging.getLogger("fleet")


def serve(home: Path | None, idle_seconds: float, at_once: int, checkpoint_seconds: float) -> int:
    """Be the supervisor of a store, until it is no longer needed."""
    layout = StoreLayout.of(home)
    layout.prepare()
    # The lock goes with the process, also when it is killed; a file with a pid in it would not.
    handle = lock.take(layout)
    if handle is None:
        journal.info("another supervisor looks after %s; this one steps back", layout.home)
        return 0
    # Before any thread exists: workers inherit it through the fork server.
    set_environment()
    asyncio.run(Service(layout, idle_seconds, at_once, checkpoint_seconds).run())
    os.close(handle)
    return 0


class Service:
    """The supervisor; the public coroutines that take `asked` are what it can be asked for."""

    def __init__(self, layout: StoreLayout, idle_seconds: float, at_once: int, checkpoint_seconds: float) -> None:
        self.layout, self.idle_seconds = layout, idle_seconds
        self.records = RunRecords(layout, checkpoint_seconds)
        self.pool = WorkerPool()
        self.scheduler = Scheduler(self.records, self.pool, at_once)
        answers = {"start": self.start, "command": self.command, "delete": self.delete, "status": self.status}
        answers |= {
            "reset": self.reset,
            "take_in": self.take_in,
            "rename": self.rename,
            "await_beginning": self.await_beginning,
            "sources": self.sources,
            "leave": self.leave,
        }
        self.rpc = rpc.RpcServer(answers)
        self.leaving = asyncio.Event()

    async def run(self) -> None:
        """Serve until told to leave or idle for long."""
        # Now, while the files are still those that were imported; it is cached.
        code_version.read_code_version()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.leaving.set)
        sweep(self.layout)
        await asyncio.to_thread(store_upkeep.begin, self.layout)
        await self.records.open(self.scheduler.set_full)
        # Before any run needs it: torch is imported there while those of the store are taken up.
        self.pool.warm_up()
        self.scheduler.take_up()
        server = await asyncio.start_unix_server(self.rpc.serve, sock=lock.listen(self.layout.socket), limit=1 << 20)
        journal.info("looking after %s", self.layout.home)
        watch = asyncio.create_task(self._watch())
        care = asyncio.create_task(store_upkeep.follow(self.layout, self.leaving))
        await self.leaving.wait()
        watch.cancel()
        care.cancel()
        server.close()
        self.layout.socket.unlink(missing_ok=True)
        # Before workers leave, or each that does would be started again.
        self.scheduler.closing = True
        # Workers save and report while they leave, so that the records close after them.
        await self.pool.close()
        await self.records.close()
        self.rpc.hang_up()
        journal.info("left")

    async def _watch(self) -> None:
        """Leave when nobody is there and nothing trains; end the workers of runs that are paused for long."""
        since = swept = time.monotonic()
        while True:
            await asyncio.sleep(min(1.0, self.idle_seconds / 5))
            now = time.monotonic()
            if now - swept >= SWEEP_SECONDS:
                swept = now
                await asyncio.to_thread(sweep, self.layout)
            since = now if self.rpc.clients or self.scheduler.busy else since
            if now - since >= self.idle_seconds:
                journal.info("nobody needs this any more")
                self.leaving.set()
            self.scheduler.dismiss_idle(self.idle_seconds)

    # Requests ---------------------------------------------------------------------------------------------------------

    async def start(self, request: dict[str, Any]) -> dict[str, Any]:
        """A new run; the same name twice is one run."""
        await self._start(request, RequestTicket.of(self.layout, request))
        return {"run": request["run"]}

    async def _start(self, request: dict[str, Any], ticket: RequestTicket) -> None:
        self._need_disk()
        run = request["run"]
        if await self.scheduler.has_run(run):
            return
        ticket.claim()
        new = NewRun(
            request["experiment"], request["digest"], parent=request["parent"], parent_step=request["parent_step"]
        )
        await self.scheduler.add(run, new, tuple(LogRow(**note) for note in request.get("log", ())))

    async def reset(self, request: dict[str, Any]) -> dict[str, Any]:
        """Stop a run that has not ended, start another in its place: both, or nothing."""
        ticket, new = RequestTicket.of(self.layout, request), request["new"]
        await self._command(request["run"], {"do": "stop", "detail": {"successor": new["run"]}}, ticket)
        await self._start(new, ticket)
        return {"run": new["run"]}

    async def take_in(self, request: dict[str, Any]) -> dict[str, Any]:
        """A run that comes from outside, checked by the client: stored whole, or not at all."""
        self._need_disk()
        run = request["run"]
        ticket = RequestTicket.of(self.layout, request)
        ticket.claim()
        try:
            await self.records.store(RunUpdate(run, delete=True))  # what one left of it that died over this
            for entry in await asyncio.to_thread(run_import.read_arrival, self.layout, run):
                await self.records.store(entry)
        except Exception:
            await asyncio.to_thread(shutil.rmtree, self.layout.checkpoints / run, True)
            await self.records.store(RunUpdate(run, delete=True))
            raise
        finally:
            if ticket.late:  # whoever asked may have left this to us
                run_import.delete_arrival(self.layout, run)
        return {"run": run}

    async def command(self, request: dict[str, Any]) -> dict[str, Any]:
        """A command for a run's worker: answered when it is on the disk, with the step at which it acts."""
        return {"step": await self._command(request["run"], request["message"], RequestTicket.of(self.layout, request))}

    async def _command(self, run: str, message: dict[str, Any], ticket: RequestTicket) -> int:
        self._need_disk()
        return await self.scheduler.command(run, message, ticket)

    async def delete(self, request: dict[str, Any]) -> dict[str, Any]:
        """End a run and forget it, with its files."""
        RequestTicket.of(self.layout, request).claim()
        run = request["run"]
        if not is_valid(NAME, run, strict=True):  # it becomes the name of a folder
            raise PlaygroundError(Message("There is no run of that name."))
        await self.scheduler.remove(run)
        await asyncio.to_thread(shutil.rmtree, self.layout.checkpoints / run, True)
        await self.records.store(RunUpdate(run, delete=True))
        return {}

    async def rename(self, request: dict[str, Any]) -> dict[str, Any]:
        """A name for a run, as a person gave it."""
        self._need_disk()
        RequestTicket.of(self.layout, request).claim()
        changes = {"name": run_names.clean(request["name"])}
        if await self.records.store(RunUpdate(request["run"], changes=changes)) != "stored":
            raise PlaygroundError(Message("There is no run {run}.", run=request["run"]))
        return {}

    async def status(self, request: dict[str, Any]) -> dict[str, Any]:
        """The supervisor's processes, its clients, and state, step, attempt and process of every active run."""
        full = self.records.full
        runs = {
            run.id: {
                "state": RunState.HELD if full and run.state is RunState.RUNNING else run.state,
                "attempt": run.attempt,
                "step": run.step,
                "pid": self.pool.pid(run.id),
            }
            for run in self.scheduler.runs.values()
        }
        factory = self.pool.factory
        people = {"pid": os.getpid(), "forkserver": factory.server_pid, "clients": len(self.rpc.clients)}
        return {**people, "home": str(self.layout.home), "warm": factory.warm, "full": full, "runs": runs}

    async def await_beginning(self, request: dict[str, Any]) -> dict[str, Any]:
        """How many workers have begun, as soon as there are more than whoever asks knows of."""
        return {"count": await self.scheduler.intake.beginnings.wait(request["known"])}

    async def sources(self, request: dict[str, Any]) -> dict[str, Any]:
        """Which code this process runs."""
        return asdict(code_version.read_code_version())

    async def leave(self, request: dict[str, Any]) -> dict[str, Any]:
        """Make place for another supervisor: runs save and leave, and go on under the next."""
        RequestTicket.of(self.layout, request).claim()
        journal.info("asked to leave")
        self.leaving.set()
        return {}

    def _need_disk(self) -> None:
        if self.records.full:
            raise PlaygroundError(disk_reserve.FULL)
