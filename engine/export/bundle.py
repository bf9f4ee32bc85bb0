"""A run as files: what it was, what it did, what it became."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from engine.errors import PlaygroundError
from engine.message import Message
from engine.store import tables
from engine.store.per_class import extract_class_metrics
from engine.store.reader import Reader, RunRow


def export(reader: Reader, run: str, folder: Path) -> list[Path]:
    """Writes experiment.json, metrics.csv, metrics.parquet, edits.jsonl, model.safetensors and, of classes,
    confusion.csv into `folder`.

    Raises: PlaygroundError if there is no such run, it has no checkpoint yet, or the folder cannot be written.
    """
    row = reader.read_run(run)
    if row is None:
        raise PlaygroundError(Message("There is no run {run}.", run=run))
    weights = load_model(reader, row)
    table = format_metrics(reader, run)
    edits = "".join(json.dumps(line) + "\n" for line in edit_lines(reader, run))
    parquet = io.BytesIO()
    table.to_parquet(parquet, index=False)
    files = {
        "experiment.json": (json.dumps(json.loads(row.experiment), indent=2) + "\n").encode(),
        "metrics.csv": table.to_csv(index=False).encode(),
        "metrics.parquet": parquet.getvalue(),
        "edits.jsonl": edits.encode(),
        "model.safetensors": weights,
    }
    if matrix := format_confusion(reader, row):
        files["confusion.csv"] = matrix.encode()
    return write_files(files, folder)


def write_files(files: Mapping[str, bytes], folder: Path) -> list[Path]:
    """Writes files into a folder, which is made if it is not there. Raises: PlaygroundError."""
    try:
        for name, data in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
    except OSError as error:
        raise PlaygroundError(
            Message("{path} cannot be written: {reason}.", path=str(folder), reason=error.strerror or "")
        ) from error
    return [folder / name for name in files]


def format_metrics(reader: Reader, run: str) -> pd.DataFrame:
    """One row a step with its loss; the last step of each epoch also has the epoch's row, without the matrix."""
    steps = pd.DataFrame(reader.read_losses(run, points=None), columns=["step", "loss"])
    row = reader.read_run(run)
    values = np.array(reader.read_epochs(run, points=None))
    names = tables.list_epoch_columns(row.channels if row else ())[
        : values.shape[1]
    ]  # no epoch yet: none but the usual
    epochs = pd.DataFrame(values, columns=list(names))
    epochs = epochs[[name for name in names if not name.startswith("confusion_")]]
    # Left: steps within an epoch keep their loss, and have no epoch's numbers.
    table = steps.merge(epochs, on="step", how="left")
    # As stored: a CSV with the float64 of a float32 shows nine digits that nobody measured.
    return table.astype({"step": "int64", "loss": "float32"})


def format_confusion(reader: Reader, row: RunRow) -> str:
    """The newest confusion matrix as CSV: a row for each right class, a column for each that was said; else nothing."""
    found = extract_class_metrics(row.channels, reader.read_epochs(row.id))
    if found is None or found.confusion is None or not len(found.confusion):
        return ""
    names = list(found.names)
    return str(pd.DataFrame(found.confusion[-1].astype(int), index=names, columns=names).to_csv(index_label="right"))


def edit_lines(reader: Reader, run: str) -> list[dict[str, Any]]:
    """What was done to the run, in order: after which step, what, and when."""
    lines = reader.read_log(run)
    return [{"step": line.step, "kind": line.kind, **write_in_english(line.detail), "at": line.at} for line in lines]


def write_in_english(detail: dict[str, Any]) -> dict[str, Any]:
    """The detail of a log line with its message as a sentence."""
    return {name: str(Message.of(value)) if name == "sentence" else value for name, value in detail.items()}


def load_model(reader: Reader, row: RunRow) -> bytes:
    """Weights and running statistics of the newest checkpoint, or of the last good one if the run diverged."""
    # Late: with torch it costs a second, and most of the command line's commands need neither.
    from safetensors.torch import save

    from engine.jobs import checkpoint

    trainer, step = checkpoint.load_newest(reader, row)
    about = {"run": row.id, "step": str(step), "experiment": row.experiment}
    if trainer.restored_epoch:
        about |= dict(zip(("kept_epoch", "kept_validation_loss"), map(str, trainer.restored_epoch), strict=True))
    about |= {"name": row.name} if row.name else {}
    return bytes(save(trainer.model_tensors(), about))
