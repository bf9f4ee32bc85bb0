from __future__ import annotations

from typing import ClassVar, Literal

from engine.export.exporters import ExportedRun, Exporter
from engine.export.program.header import build_run_program, write_header
from engine.export.program.script_file import write_script


class Script(Exporter):
    """PyTorch program: trains the same network from the same numbers, step for step, with torch and numpy alone.

    Its losses are those of the run on a CPU. The edits of the run are in it, at their steps.

    Use: To read what a training is, whole and in plain torch, and to change it where the page has no control.

    Trouble: On a GPU the last digits differ; some edits of a running training have no lines here, and are refused.

    Source: Paszke et al., PyTorch: an imperative style, high-performance deep learning library, 2019.
    """

    rank: ClassVar[int] = 0
    kind: Literal["script"] = "script"

    def files(self, subject: ExportedRun) -> dict[str, bytes]:
        made = build_run_program(subject.experiment, subject.reader.read_log(subject.row.id))
        text = write_script(made, write_header(subject.experiment, subject.row.id, made))
        return {f"train_{subject.row.id}.py": text.encode(), **made.beside}
