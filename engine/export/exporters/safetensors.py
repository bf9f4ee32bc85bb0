from __future__ import annotations

from typing import ClassVar, Literal

from engine.export.bundle import load_model
from engine.export.exporters import ExportedRun, Exporter


class Safetensors(Exporter):
    """Weights: every weight and running statistic of the newest checkpoint, as safetensors.

    The file holds numbers alone and cannot run code; its header names run, step and experiment.

    Use: To load the weights into a program of your own, or to compare those of two runs.

    Trouble: Numbers without a network: the program that loads them must build the same layers.

    Source: Hugging Face, Safetensors: a simple and safe way to store tensors, 2022.
    """

    rank: ClassVar[int] = 2
    kind: Literal["safetensors"] = "safetensors"

    def files(self, subject: ExportedRun) -> dict[str, bytes]:
        return {f"model_{subject.row.id}.safetensors": load_model(subject.reader, subject.row)}
