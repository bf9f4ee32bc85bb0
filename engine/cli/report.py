"""What the command line says of a run: the object of `train --json`, and the same for people."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.experiment.experiment import Experiment
    from engine.store.reader import Reader, RunRow


def figures(row: RunRow) -> str:
    """Last losses of a run, and those of the epoch that it kept."""
    names = {"train_loss": "train", "validation_loss": "validation"}
    said = [f"{word} {row.summary[key]:.4g}" for key, word in names.items() if row.summary.get(key) is not None]
    if back := find_kept_epoch(row):
        said.append(f"kept {back['validation_loss']:.4g} of epoch {back['epoch']}")
    return " · ".join(said)


def find_kept_epoch(row: RunRow) -> dict[str, Any] | None:
    """The epoch whose weights were put back at the end, and its validation loss; None where they are the last ones."""
    epoch, loss = (row.summary.get(key) for key in ("kept_epoch", "kept_validation_loss"))
    return None if epoch is None or loss is None else {"epoch": int(epoch), "validation_loss": loss}


def summary(reader: Reader, row: RunRow, experiment: Experiment) -> dict[str, Any]:
    """The object that `train --json` prints."""
    from engine.data.prepare import load_examples
    from engine.store.per_class import extract_class_metrics

    task = load_examples(experiment.data, experiment.seed).task
    word = "accuracy" if task == "classification" else "r2"
    found = row.summary
    metrics = {f"{split}_{word}": found.get(f"{split}_metric") for split in ("train", "validation")}
    seconds = found.get("seconds", 0.0)
    classes = extract_class_metrics(row.channels, reader.epochs(row.id))
    return {
        "run": row.id,
        "state": row.state,
        "steps": row.step,
        "epochs": row.epoch,
        "train_loss": found.get("train_loss"),
        "validation_loss": found.get("validation_loss"),
        "kept": find_kept_epoch(row),
        "metrics": metrics,
        "classes": classes.plain() if classes else {},
        "seconds": seconds,
        "steps_per_second": row.step / seconds if seconds else None,
    }


def sentence(report: dict[str, Any], message: str) -> str:
    """The report of `train` as one line of text."""
    losses = " · ".join(
        f"{k.replace('_', ' ')} {report[k]:.4g}" for k in ("train_loss", "validation_loss") if report[k]
    )
    recalls = {name: share for name, share in report["classes"].get("recall", {}).items() if not math.isnan(share)}
    worst = min(recalls, key=recalls.__getitem__, default="")
    lowest = f"lowest recall {recalls[worst]:.4g} ({worst})" if worst else ""
    head = f"{report['run']} {report['state']} after {report['steps']} steps, {report['epochs']} epochs"
    return " · ".join(filter(None, [head, losses, lowest, f"{report['seconds']:.1f} s", message]))
