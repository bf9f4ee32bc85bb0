"""The job that makes the file of an export."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from typing import ClassVar

from engine.errors import PlaygroundError
from engine.message import Message
from engine.processes.job import Event, Job, Task
from engine.processes.limits import GIB, Limits


class ExportRun(Job):
    """A stored run in one format. The document names both (`write_request`); the event names the file, and its bytes go
    to the task's result."""

    limits: ClassVar[Limits] = Limits(memory=8 * GIB, seconds=600.0, cpu_seconds=600, niceness=5)

    def events(self, task: Task) -> Iterator[Event]:
        """Make the file. Raises: PlaygroundError if there is no such run or it cannot be had in this format."""
        from engine.catalogue.part import catalogue
        from engine.export.exporters import ExportedRun, Exporter
        from engine.store.reader import Reader

        asked = task.json()
        exporter = catalogue(Exporter)[asked["format"]]()
        name, data = pack_files(
            exporter.files(ExportedRun.of(Reader(), asked["run"])), f"{asked['format']}_{asked['run']}"
        )
        assert task.result is not None
        task.result.write(data)
        yield {"name": name}

    @classmethod
    def failure(cls) -> PlaygroundError:
        return PlaygroundError(Message("The process that made the file went away; please try once more."))


def write_request(run: str, kind: str) -> str:
    """The document of the job: a run by its id, and the kind of an exporter."""
    return json.dumps({"run": run, "format": kind})


def pack_files(files: Mapping[str, bytes], name: str) -> tuple[str, bytes]:
    """What a browser can save, with its name: the file, or a zip of several called `name`."""
    if len(files) == 1:
        ((path, data),) = files.items()
        return path.rsplit("/", 1)[-1], data
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for path, data in files.items():
            file.writestr(path, data)
    return f"{name}.zip", buffer.getvalue()
