from __future__ import annotations

from typing import ClassVar, Literal

from engine.export.exporters import ExportedRun, Exporter
from engine.jobs.layer_table import format_layers
from engine.preview.preview import preview


class Summary(Exporter):
    """Summary: the layers with their output shapes and parameters as a table of text, and the totals.

    Use: For a report, or to compare the sizes of two networks.

    Trouble: It says nothing of what was learned.

    Source: Chollet et al., Keras, 2015 (its `model.summary`).
    """

    rank: ClassVar[int] = 6
    kind: Literal["summary"] = "summary"

    def files(self, subject: ExportedRun) -> dict[str, bytes]:
        from engine.jobs.cost import count_cost  # with the trainer

        experiment = subject.experiment
        lines = [format_layers(preview(experiment), count_cost(experiment)), str(subject.row.message)]
        return {f"summary_{subject.row.id}.txt": "".join(f"{line}\n" for line in lines if line).encode()}
