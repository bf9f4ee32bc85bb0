"""Sandbox for archives: a job reads the file, so that whatever is in it costs no more than the job's process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from engine.errors import PlaygroundError
from engine.message import Message
from engine.processes.execution import perform
from engine.processes.job import Event, Job, Task
from engine.processes.limits import GIB, Limits


class ReadArchive(Job):
    """A run from an archive, checked and written where the supervisor finds it; it has no events.

    The document is JSON: the archive's path, the store's folder, the run's name.
    """

    # an archive of the largest size is held about five times on the way
    limits: ClassVar[Limits] = Limits(memory=6 * GIB, seconds=600.0, cpu_seconds=300, gpu=False, niceness=5)
    at_once: ClassVar[int | None] = 1  # each may take as much memory as a run
    untrusted: ClassVar[bool] = True

    def events(self, task: Task) -> Iterator[Event]:
        """Read one archive. Raises: PlaygroundError."""
        from engine.archive import run_import
        from engine.archive.unpack import read_file
        from engine.store.layout import StoreLayout

        request = task.json()
        try:
            run_import.write_arrival(
                StoreLayout.of(Path(request["home"])), request["run"], read_file(Path(request["file"]))
            )
        except OSError as error:
            raise PlaygroundError(
                Message("The run could not be stored: {why}.", why=error.strerror or Message("an error"))
            ) from error
        yield from ()

    @classmethod
    def failure(cls) -> PlaygroundError:
        why = Message("it takes too much time or memory")
        return PlaygroundError(Message("This file cannot be imported: {why}.", why=why))


def unpack_in_sandbox(file: Path, home: Path, run: str, visitor: str = "") -> None:
    """Check an archive and write the run for the supervisor. Raises: PlaygroundError in one sentence."""
    perform(ReadArchive, json.dumps({"file": str(file.absolute()), "home": str(home), "run": run}), visitor=visitor)
