"""The worker pool, with real processes that train nothing."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable
from multiprocessing.process import BaseProcess
from typing import Any

import pytest

from engine.jobs.run_job import RunJob
from engine.runtime.process_factory import ProcessFactory
from engine.runtime.worker_pool import WorkerPool
from tests.runtime.conftest import wait_for
from tests.runtime.idle_process import idle


class Ear:
    """Keeps what the pool reports."""

    def __init__(self) -> None:
        self.reports: asyncio.Queue[tuple[str, dict[str, Any], list[bytes]]] = asyncio.Queue()
        self.lost: asyncio.Queue[str] = asyncio.Queue()
        self.refuses = ""

    async def receive(self, run: str, header: dict[str, Any], parts: list[bytes]) -> None:
        if header.get("echo") == self.refuses:
            raise RuntimeError("refused")
        self.reports.put_nowait((run, header, parts))

    async def lose(self, run: str) -> None:
        self.lost.put_nowait(run)

    async def next(self) -> tuple[str, dict[str, Any], list[bytes]]:
        return await asyncio.wait_for(self.reports.get(), 30)

    async def next_lost(self) -> str:
        return await asyncio.wait_for(self.lost.get(), 30)


def with_pool(test: Callable[[WorkerPool, Ear], Awaitable[None]], factory: ProcessFactory | None = None) -> None:
    async def run() -> None:
        pool, ear = WorkerPool(factory or ProcessFactory(idle)), Ear()
        pool.report_to(ear)
        await test(pool, ear)
        await pool.close()

    asyncio.run(run())


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def start(pool: WorkerPool, ear: Ear, run: str, attempt: int = 1) -> int:
    await pool.start(RunJob(run, attempt, "", ""))
    name, header, _ = await ear.next()
    assert (name, header["hello"], header["attempt"]) == (run, run, attempt)
    assert pool.has(run)
    pid: int = header["pid"]
    assert pool.pid(run) == pid
    return pid


def test_each_run_has_a_line_of_its_own() -> None:
    async def test(pool: WorkerPool, ear: Ear) -> None:
        assert await start(pool, ear, "a") != await start(pool, ear, "b")
        pool.send("b", {"do": "sing"})
        assert await ear.next() == ("b", {"echo": "sing"}, [b"part"])
        pool.send("nobody", {"do": "sing"})

    with_pool(test)


@pytest.mark.parametrize("end", ["die", "leave", "hang up", "kill", "refuse"])
def test_a_process_that_ends_is_reported_when_it_is_gone_and_the_run_may_have_another(end: str) -> None:
    async def test(pool: WorkerPool, ear: Ear) -> None:
        pid = await start(pool, ear, "a")
        ear.refuses = "refuse"
        if end == "kill":
            pool.kill("a")
        else:
            pool.send("a", {"do": end})
        assert await ear.next_lost() == "a"
        assert not pool.has("a")
        assert not is_there(pid)
        assert await start_again(pool, ear) != pid

    async def start_again(pool: WorkerPool, ear: Ear) -> int:
        while not ear.reports.empty():
            ear.reports.get_nowait()
        return await start(pool, ear, "a", 2)

    with_pool(test)


def test_one_that_hangs_up_is_killed_at_once_unless_it_may_finish() -> None:
    async def test(pool: WorkerPool, ear: Ear) -> None:
        loop = asyncio.get_running_loop()
        for run, least, most in (("a", 0.0, 4.0), ("b", 4.0, 30.0)):
            await start(pool, ear, run)
            if run == "b":
                pool.let_finish(run)
            began = loop.time()
            pool.send(run, {"do": "hang up"})
            assert await ear.next_lost() == run
            assert least <= loop.time() - began < most

    with_pool(test)


@pytest.mark.parametrize("turns", [0, 1, 5])
def test_closing_leaves_no_process_that_was_being_made(turns: int) -> None:
    made: list[int] = []

    class Recording(ProcessFactory):
        def start(self, job: RunJob) -> tuple[BaseProcess, socket.socket]:
            process, line = super().start(job)
            assert process.pid
            made.append(process.pid)
            return process, line

    async def test(pool: WorkerPool, ear: Ear) -> None:
        starts = [asyncio.create_task(pool.start(RunJob(run, 1, "", ""))) for run in "abc"]
        for _ in range(turns):
            await asyncio.sleep(0)
        await pool.close()
        await asyncio.gather(*starts)
        await asyncio.to_thread(wait_for, lambda: not any(map(is_there, made)))

    with_pool(test, Recording(idle))


def test_closing_hears_the_processes_out_and_leaves_none() -> None:
    pids: list[int] = []

    async def test(pool: WorkerPool, ear: Ear) -> None:
        pids.extend([await start(pool, ear, "a"), await start(pool, ear, "b")])
        await pool.close()
        assert {(await ear.next())[1]["left"], (await ear.next())[1]["left"]} == {"a", "b"}
        assert {await ear.next_lost(), await ear.next_lost()} == {"a", "b"}

    with_pool(test)
    assert len(pids) == 2
    assert not any(map(is_there, pids))
