"""A job's process: `python -m engine.processes.child SPECIFICATION`, which `execution` starts.

The document comes on the standard input, whose end means that the process which wanted the job is gone. Events go to
the standard output as JSON lines.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from dataclasses import asdict, dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from engine.processes.limits import Limits, apply_limits

if TYPE_CHECKING:
    from engine.processes.job import Job

NO_DOCUMENT = 4


@dataclass(frozen=True)
class Specification:
    """What the process is told before the document: the job's class, its limits, the document's length and the
    descriptor of the file that a result of bytes goes to."""

    job: str
    limits: dict[str, Any]
    length: int
    result: int | None

    @classmethod
    def of(cls, job: type[Job], document: bytes, result: int | None) -> Specification:
        """For a job and its document."""
        return cls(f"{job.__module__}:{job.__qualname__}", asdict(job.limits), len(document), result)


def main(argument: str) -> int:
    """Do one job. Status 0: all events are out, a refusal is one of them."""
    import json

    specification = Specification(**json.loads(argument))
    apply_limits(Limits(**specification.limits))  # before anything large is imported, so that it counts
    output = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever a library prints is no event
    document = sys.stdin.buffer.read(specification.length)
    if len(document) < specification.length:
        return NO_DOCUMENT
    threading.Thread(target=end_with_parent, name="parent", daemon=True).start()
    return work(specification, document, output)


def work(specification: Specification, document: bytes, output: Any) -> int:
    """Write the job's events, the last of which may be a refusal."""
    from engine.errors import PlaygroundError
    from engine.processes.job import Task
    from engine.processes.refusal import to_plain
    from engine.strict_json import dump_strict

    module, name = specification.job.split(":")
    job: Job = getattr(import_module(module), name)()
    result = None if specification.result is None else os.fdopen(specification.result, "wb")
    try:
        for event in job.events(Task(document, result)):
            output.write(dump_strict({"event": event}) + "\n")
            output.flush()
        if result is not None:
            result.close()
    except PlaygroundError as error:
        output.write(dump_strict({"refused": to_plain(error)}) + "\n")
    output.close()
    return 0


def end_with_parent() -> None:
    """Wait for the end of the standard input, then end this process and those that it started: a server that was
    killed takes its jobs with it."""
    os.read(0, 1)
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(NO_DOCUMENT)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
