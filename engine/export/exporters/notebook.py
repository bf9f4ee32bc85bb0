from __future__ import annotations

from typing import ClassVar, Literal

from engine.export.exporters import ExportedRun, Exporter
from engine.export.program.header import build_run_program, write_header
from engine.export.program.notebook import write_notebook


class Notebook(Exporter):
    """Notebook: the same program in cells for Jupyter, with its curve at the end.

    Use: To go on from the run by hand, cell by cell.

    Trouble: What cannot be exported as a program cannot be a notebook either.

    Source: Kluyver et al., Jupyter notebooks: a publishing format for reproducible computational workflows, 2016.
    """

    rank: ClassVar[int] = 1
    kind: Literal["notebook"] = "notebook"

    def files(self, subject: ExportedRun) -> dict[str, bytes]:
        made = build_run_program(subject.experiment, subject.reader.read_log(subject.row.id))
        text = write_notebook(made, write_header(subject.experiment, subject.row.id, made))
        return {f"train_{subject.row.id}.ipynb": text.encode(), **made.beside}
