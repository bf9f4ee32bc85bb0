"""The worker pool: a process for each run that has one, the lines to them, and their ends. It knows no run state."""

from __future__ import annotations

import asyncio
import logging
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from engine import wire
from engine.jobs.run_job import RunJob
from engine.runtime import priority
from engine.runtime.background import BackgroundTasks
from engine.runtime.process_factory import ProcessFactory
from engine.runtime.run_process import JOIN_SECONDS, RunProcess
from engine.runtime.worker_contract import Listener

journal = logging.getLogger("fleet")


class WorkerPool:
    """The processes of all runs. Lives in the supervisor's event loop; one thread of its own makes and ends them."""

    def __init__(self, factory: ProcessFactory | None = None) -> None:
        self.factory = factory or ProcessFactory()
        self._listener: Listener | None = None
        self._processes: dict[str, RunProcess] = {}
        self._thread = ThreadPoolExecutor(1, "process-maker")
        self._background = BackgroundTasks()
        self._making = asyncio.Lock()
        self._closed = False

    def report_to(self, listener: Listener) -> None:
        """Name who is told what workers say. To be called before the first start."""
        self._listener = listener

    def warm_up(self) -> None:
        """Begin to load what workers inherit."""
        self._thread.submit(self.factory.prepare)

    async def start(self, job: RunJob) -> None:
        """Make a process for a job and begin to read what it says; nothing happens once the pool is closed."""
        loop = asyncio.get_running_loop()
        async with self._making:
            if self._closed:
                return
            process, line = await loop.run_in_executor(self._thread, self.factory.start, job)
            reader, writer = await asyncio.open_unix_connection(sock=line, limit=1 << 20)
            made = self._processes[job.run] = RunProcess(job.run, process, writer, process.pid)
            made.reading = loop.create_task(self._read(made, reader))

    def has(self, run: str) -> bool:
        """Whether a run has a process: from the end of `start` until `lose` is called."""
        return run in self._processes

    def pid(self, run: str) -> int | None:
        """Process id of a run's process."""
        found = self._processes.get(run)
        return None if found is None else found.pid

    def send(self, run: str, message: dict[str, Any]) -> None:
        """Send a message to a run's process, if there is one."""
        if found := self._processes.get(run):
            found.send(message)

    def let_finish(self, run: str) -> None:
        """A run's process ends by itself: give it time when its line closes."""
        if found := self._processes.get(run):
            found.finishing = True

    def kill(self, run: str) -> None:
        """Kill a run's process; `lose` follows."""
        if found := self._processes.get(run):
            found.kill()

    async def close(self) -> None:
        """Ask all processes to save and leave, hear them out, kill those that do not."""
        # A process that is being made must be in the table before the others are asked to leave: nobody would end
        # one that came later, and multiprocessing waits at exit for each child that it has made.
        self._closed = True
        async with self._making:
            pass
        reading = [each.reading for each in self._processes.values() if each.reading is not None]
        for each in self._processes.values():
            each.send({"do": "leave"})
        if reading:
            await asyncio.wait(reading, timeout=JOIN_SECONDS)
        for each in self._processes.values():
            each.kill()

    async def _read(self, made: RunProcess, reader: asyncio.StreamReader) -> None:
        if self._listener is None:
            raise RuntimeError("nobody listens")
        try:
            while True:
                header, parts = await wire.read(reader)
                self._yield_to_others(made)
                await self._listener.receive(made.run, header, parts)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        except Exception:
            journal.exception("run %s: what its worker said could not be taken in", made.run)
        self._background.start(self._bury(made, self._listener))

    def _yield_to_others(self, made: RunProcess) -> None:
        """Let a process that has begun go behind the store and the page."""
        if made.in_session:
            return
        made.in_session = True
        begun = [each.pid for each in self._processes.values() if each.in_session]
        priority.lower(begun, crowd=len(begun) > 2 * (os.cpu_count() or 1))

    async def _bury(self, made: RunProcess, listener: Listener) -> None:
        made.writer.close()
        await asyncio.get_running_loop().run_in_executor(self._thread, made.wait)
        del self._processes[made.run]
        await listener.lose(made.run)
