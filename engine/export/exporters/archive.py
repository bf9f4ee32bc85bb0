from __future__ import annotations

from typing import ClassVar, Literal

from engine.archive.pack import pack
from engine.export.exporters import ExportedRun, Exporter


class Archive(Exporter):
    """Whole run: experiment, edits, log, losses, epochs, frames and checkpoints in a zip that can be imported again.

    Every number comes back bit for bit; each file in it has its SHA-256 in the manifest.

    Use: To keep a run, to move it to another machine, or to hand it in whole.

    Trouble: It is the largest of the formats: all frames and checkpoints are in it.

    Source: PKWARE, APPNOTE: .ZIP file format specification, 1989.
    """

    rank: ClassVar[int] = 5
    kind: Literal["archive"] = "archive"

    def files(self, subject: ExportedRun) -> dict[str, bytes]:
        return {f"run_{subject.row.id}.zip": pack(subject.reader, subject.row)}
