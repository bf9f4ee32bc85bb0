"""One execution of a job, from the line before admission to its last event."""

from __future__ import annotations

import contextlib
import json
import tempfile
import threading
import weakref
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from engine.errors import PlaygroundError
from engine.processes.admission import ADMISSION, Admission, JobTicket
from engine.processes.child import Specification
from engine.processes.environment import ONE_THREAD, inherit_environment
from engine.processes.job import Event, Job
from engine.processes.launch import NOWHERE, PIPE, Process, kill, launch
from engine.processes.refusal import from_plain

EVENT_BYTES = 64 * 2**20  # of all events of a job


class JobState(StrEnum):
    """State of an execution."""

    WAITING = "waiting"
    WORKING = "working"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"
    CANCELLED = "cancelled"


UNFINISHED = (JobState.WAITING, JobState.WORKING)


class Execution:
    """A handle on a job that was submitted; it never blocks, but for `wait`.

    `events` grows. Whoever drops the handle, as a page does that is gone, cancels the job.
    """

    def __init__(self, worker: JobThread) -> None:
        self._worker = worker
        self.events = worker.events
        self._finalizer = weakref.finalize(self, worker.cancel)
        self._thread = threading.Thread(target=worker.run, name=f"job-{worker.job.__name__}", daemon=True)
        self._thread.start()

    @property
    def state(self) -> JobState:
        return self._worker.state

    @property
    def error(self) -> PlaygroundError | None:
        """Why it was refused or failed."""
        return self._worker.error

    @property
    def position(self) -> int:
        """Position in the queue: 1 is next, 0 does not wait."""
        return self._worker.ticket.position

    @property
    def pid(self) -> int | None:
        """The process, once it has started."""
        return None if self._worker.process is None else self._worker.process.pid

    @property
    def over(self) -> bool:
        """Whether it has ended, well or not."""
        return self.state not in UNFINISHED

    def cancel(self) -> None:
        """Kill the process, or leave the queue."""
        self._worker.cancel()

    def wait(self, seconds: float | None = None) -> None:
        """Block until it has ended, for at most so many seconds."""
        self._thread.join(seconds)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.cancel()


class JobThread:
    """Thread of an execution. It has no reference to the handle, so that a dropped handle cancels the work."""

    def __init__(self, job: type[Job], document: bytes, result: IO[bytes] | None, ticket: JobTicket) -> None:
        self.job = job
        self.document = document
        self.result = result
        self.events: list[Event] = []
        self.error: PlaygroundError | None = None
        self.state = JobState.WAITING
        self.process: Process | None = None
        self._lock = threading.Lock()
        self.ticket = ticket

    def run(self) -> None:
        outcome = JobState.FAILED
        try:
            if self.ticket.wait() and self._begin():
                outcome = self._follow()
        except OSError:  # the system has no process, no pipe or no memory to give
            pass
        finally:
            with self._lock:
                if self.state in UNFINISHED:
                    self.state = outcome
                    self.error = self.job.failure() if outcome is JobState.FAILED else self.error
            self.ticket.leave()

    def cancel(self) -> None:
        """End the work in whatever state it is; what has ended stays as it is."""
        with self._lock:
            if self.state not in UNFINISHED:
                return
            self.state = JobState.CANCELLED
            if self.process is not None:
                kill(self.process)  # its place is free once it is gone
                return
        self.ticket.leave()

    def _begin(self) -> bool:
        with self._lock:
            if self.state is JobState.CANCELLED:
                return False
            self.process = start(self.job, self.document, self.result)
            self.state = JobState.WORKING
            return True

    def _follow(self) -> JobState:
        process = self.process
        assert process is not None
        # the child's own limit is on CPU time, which does not pass while it sleeps
        clock = threading.Timer(self.job.limits.seconds, kill, (process,))
        clock.daemon = True
        clock.start()
        try:
            self._tell(process)
            self._listen(process)
            process.wait()
        finally:
            clock.cancel()
            kill(process)  # with what it may have started and left behind
            process.wait()
            self._hang_up(process)
        if process.returncode != 0:
            return JobState.FAILED
        return JobState.REFUSED if self.error else JobState.DONE

    def _tell(self, process: Process) -> None:
        assert process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it was cancelled meanwhile
            process.stdin.write(self.document)
            process.stdin.flush()  # and not closed: its end means to the child that nobody is here

    def _listen(self, process: Process) -> None:
        assert process.stdout is not None
        left = EVENT_BYTES
        while line := process.stdout.readline(left):
            left -= len(line)
            if left <= 0 or not line.endswith(b"\n"):
                kill(process)
                return
            self._take(json.loads(line))

    def _take(self, message: dict[str, Any]) -> None:
        if "refused" in message:
            self.error = from_plain(message["refused"])
        else:
            self.events.append(message["event"])

    def _hang_up(self, process: Process) -> None:
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()


def start(job: type[Job], document: bytes, result: IO[bytes] | None) -> Process:
    """The job's process, with its limits, without the server's secrets."""
    descriptors = () if result is None else (result.fileno(),)
    specification = Specification.of(job, document, *descriptors or (None,))
    environment = {**inherit_environment(), **ONE_THREAD}
    if not job.limits.gpu:  # one that sees a GPU takes memory on it even if it computes nothing there
        environment["CUDA_VISIBLE_DEVICES"] = ""
    return launch(
        "engine.processes.child",
        [json.dumps(asdict(specification))],
        environment,
        Path(tempfile.gettempdir()),
        stdin=PIPE,
        stdout=PIPE,
        stderr=NOWHERE if job.untrusted else None,
        pass_fds=descriptors,
    )


def submit(
    job: type[Job],
    document: bytes | str,
    *,
    visitor: str = "",
    result: IO[bytes] | None = None,
    admission: Admission = ADMISSION,
) -> Execution:
    """Start a job as soon as it is admitted. `visitor` is whose turn it takes; a result of bytes goes to `result`."""
    raw = document.encode() if isinstance(document, str) else document
    return Execution(JobThread(job, raw, result, admission.enter(visitor, job)))


def perform(
    job: type[Job], document: bytes | str, *, visitor: str = "", result: IO[bytes] | None = None
) -> list[Event]:
    """The job's events, once all have come. Raises: PlaygroundError where it was refused or failed."""
    with submit(job, document, visitor=visitor, result=result) as execution:
        execution.wait()
    if execution.error is not None:
        raise execution.error
    return execution.events
