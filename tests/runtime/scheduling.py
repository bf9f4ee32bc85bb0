"""A scheduler with a real store and a pool without processes, whose workers say what a test says."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import numpy as np

from engine.experiment.experiment import Experiment
from engine.jobs.run_job import RunJob
from engine.runtime.memory_budget import MemoryBudget
from engine.runtime.request_ticket import RequestTicket
from engine.runtime.run_records import RunRecords
from engine.runtime.scheduler import Scheduler
from engine.runtime.worker_contract import Listener
from engine.store.layout import StoreLayout
from engine.store.records import NewRun

MIB = 2**20
START = Experiment()
NEW = NewRun(START.to_json(), START.digest)


class Pool:
    """A pool whose workers say what the test says."""

    def __init__(self) -> None:
        self.jobs: dict[str, RunJob] = {}
        self.told: dict[str, list[dict[str, Any]]] = {}
        self.started: list[tuple[str, int]] = []
        self.finishing: set[str] = set()
        self.killed: list[str] = []
        self.may_start = asyncio.Event()
        self.may_start.set()

    def report_to(self, listener: Listener) -> None:
        self.listener = listener

    async def start(self, job: RunJob) -> None:
        await self.may_start.wait()
        self.jobs[job.run], self.told[job.run] = job, []
        self.started.append((job.run, job.attempt))

    def has(self, run: str) -> bool:
        return run in self.jobs

    def send(self, run: str, message: dict[str, Any]) -> None:
        if run in self.told:
            self.told[run].append(message)

    def let_finish(self, run: str) -> None:
        self.finishing.add(run)

    def kill(self, run: str) -> None:
        self.killed.append(run)

    async def say(self, run: str, steps: int = 0, first: int = 0, **more: Any) -> None:
        header = {"first_step": first, "epochs": [], "frames": [], "progress": {"epoch": 0, "summary": "{}"}, **more}
        await self.listener.receive(run, header, [np.zeros(steps, "<f4").tobytes(), b""])

    async def end(self, run: str) -> None:
        del self.jobs[run]
        await self.listener.lose(run)

    async def claim(self, run: str, state: str) -> None:
        """Claim the last command, as a worker does."""
        log = [{"step": 0, "kind": self.told[run][-1]["do"], "detail": {}}]
        claim = {"id": self.told[run][-1]["id"], "step": 0, "log": log, "changes": {"state": state}}
        await self.say(run, claim=claim)


async def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        await asyncio.sleep(0.005)


def schedule(
    folder: Path, test: Callable[[Scheduler, Pool], Awaitable[None]], at_once: int = 2, memory: int = 1000
) -> None:
    async def run() -> None:
        layout = StoreLayout.of(folder)
        layout.prepare()
        records, pool = RunRecords(layout), Pool()
        scheduler = Scheduler(records, pool, at_once, MemoryBudget(memory * MIB))
        await records.open(scheduler.set_full)
        scheduler.take_up()
        try:
            await test(scheduler, pool)
        finally:
            scheduler.closing = True
            await records.close()

    asyncio.run(run())


async def command(scheduler: Scheduler, run: str, name: str, seconds: float = 60.0) -> asyncio.Task[int]:
    """A command that waits for its worker."""
    ticket = RequestTicket(None, time.monotonic() + seconds)
    task = asyncio.create_task(scheduler.command(run, {"do": name}, ticket))
    await asyncio.sleep(0.02)
    return task


async def state(scheduler: Scheduler, run: str) -> tuple[str, str]:
    row = await scheduler.records.row(run)
    assert row is not None
    return row.state, str(row.message)
