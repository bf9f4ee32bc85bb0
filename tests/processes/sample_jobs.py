"""Jobs that do what real ones should not, so that limits and ends can be seen."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from engine.errors import InvalidExperiment, PlaygroundError
from engine.message import Message
from engine.processes.job import Event, Job, Task
from engine.processes.limits import GIB, Limits

MIB = 2**20


class Sample(Job):
    """What they share."""

    limits: ClassVar[Limits] = Limits(memory=GIB, seconds=120.0, cpu_seconds=60)


class Echo(Sample):
    """Tells the document, piece by piece, and gives it back as its result."""

    def events(self, task: Task) -> Iterator[Event]:
        print("what a library prints is no event")  # noqa: T201
        for word in task.text().split():
            yield {"word": word}
        if task.result is not None:
            task.result.write(task.document)


class Until(Sample):
    """Works until the file that the document names is there; a second process works beside it."""

    def events(self, task: Task) -> Iterator[Event]:
        beside = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(100)"])
        yield {"pids": [os.getpid(), beside.pid], "group": os.getpgrp(), "session": os.getsid(0)}
        while not Path(task.text()).exists():
            time.sleep(0.01)


class Interactive(Until):
    """The same, with a page that stands still meanwhile."""

    interactive: ClassVar[bool] = True


class Single(Until):
    """The same, one at a time."""

    at_once: ClassVar[int | None] = 1


class Allocate(Sample):
    """Takes as many MiB as the document says."""

    def events(self, task: Task) -> Iterator[Event]:
        taken = bytearray(task.json() * MIB)
        yield {"taken": len(taken)}


class AllocateAddresses(Allocate):
    """The same, where addresses count."""

    limits: ClassVar[Limits] = Limits(memory=GIB, addresses=True, seconds=120.0, cpu_seconds=60)


class Calculate(Sample):
    """Never stops calculating."""

    limits: ClassVar[Limits] = Limits(memory=GIB, seconds=120.0, cpu_seconds=1)

    def events(self, task: Task) -> Iterator[Event]:
        yield {"began": True}
        while True:
            pass


class Sleep(Sample):
    """Never stops sleeping."""

    limits: ClassVar[Limits] = Limits(memory=GIB, seconds=1.5, cpu_seconds=60)

    def events(self, task: Task) -> Iterator[Event]:
        yield {"pids": [os.getpid()]}
        time.sleep(100)


class Write(Sample):
    """Writes more to its result than it may."""

    limits: ClassVar[Limits] = Limits(memory=GIB, seconds=120.0, cpu_seconds=60, file_bytes=MIB)

    def events(self, task: Task) -> Iterator[Event]:
        assert task.result is not None
        task.result.write(bytes(task.json() * MIB))
        task.result.flush()
        yield {"written": True}


class Look(Sample):
    """Tells what it can see of where it runs."""

    limits: ClassVar[Limits] = Limits(memory=GIB, seconds=120.0, cpu_seconds=60, niceness=5, gpu=False)

    def events(self, task: Task) -> Iterator[Event]:
        import resource

        files = [os.path.realpath(f"/proc/self/fd/{number}") for number in range(3, 64)]
        yield {
            "environment": dict(os.environ),
            "files": files,
            "core": resource.getrlimit(resource.RLIMIT_CORE),
            "nice": os.getpriority(os.PRIO_PROCESS, 0),
            "path": sys.path,
        }


class Refuse(Sample):
    """Refuses the document."""

    def events(self, task: Task) -> Iterator[Event]:
        yield {"word": "before"}
        if task.text() == "experiment":
            raise InvalidExperiment("$.network[0]", Message("a vector"), "an image", Message("flatten it"))
        raise PlaygroundError(Message("It cannot be done."))


class Die(Sample):
    """Dies at its work."""

    untrusted: ClassVar[bool] = True

    def events(self, task: Task) -> Iterator[Event]:
        yield {"word": "before"}
        raise RuntimeError("a bug")


class Flood(Sample):
    """Tells more than anybody wants to hear."""

    def events(self, task: Task) -> Iterator[Event]:
        while True:
            yield {"word": "x" * MIB}
