"""A run in one of the formats that the exporters know."""

from __future__ import annotations

from pathlib import Path

from engine.catalogue.part import catalogue
from engine.errors import InvalidExperiment, abbreviate
from engine.export.bundle import write_files
from engine.export.exporters import ExportedRun, Exporter
from engine.message import Message
from engine.store.reader import Reader


def export_as(reader: Reader, run: str, folder: Path, kind: str) -> list[Path]:
    """Writes a run in one format into `folder`. Raises: PlaygroundError."""
    known = catalogue(Exporter)
    if kind not in known:
        raise InvalidExperiment("--format", Message("one of {choices}", choices=", ".join(known)), abbreviate(kind))
    return write_files(known[kind]().files(ExportedRun.of(reader, run)), folder)
