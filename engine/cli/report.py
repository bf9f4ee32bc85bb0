"""Report on a run: the object of `train --json`, and the same as a line of text."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.experiment.experiment import Experiment
    from engine.store.reader import Reader, RunRow


def format_losses(row: RunRow) -> str:
    """The last losses in one short line, and the epoch whose weights were restored."""
    words = {"train_loss": "train", "validation_loss": "validation"}
    losses = [f"{word} {row.summary[key]:.4g}" for key, word in words.items() if row.summary.get(key) is not None]
    if restored := find_restored_epoch(row):
        losses.append(f"kept {restored['validation_loss']:.4g} of epoch {restored['epoch']}")
    return " · ".join(losses)


def find_restored_epoch(row: RunRow) -> dict[str, Any] | None:
    """The epoch whose weights were restored at the end, and its validation loss; None if the last weights stayed."""
    epoch, loss = (row.summary.get(key) for key in ("kept_epoch", "kept_validation_loss"))
    return None if epoch is None or loss is None else {"epoch": int(epoch), "validation_loss": loss}


def build_report(reader: Reader, row: RunRow, experiment: Experiment) -> dict[str, Any]:
    """The object that `train --json` prints."""
    from engine.data.prepare import load_examples
    from engine.store.per_class import extract_class_metrics

    task = load_examples(experiment.data, experiment.seed).task
    metric = "accuracy" if task == "classification" else "r2"
    metrics = {f"{split}_{metric}": row.summary.get(f"{split}_metric") for split in ("train", "validation")}
    seconds = row.summary.get("seconds", 0.0)
    classes = extract_class_metrics(row.channels, reader.read_epochs(row.id))
    return {
        "run": row.id,
        "state": row.state,
        "steps": row.step,
        "epochs": row.epoch,
        "train_loss": row.summary.get("train_loss"),
        "validation_loss": row.summary.get("validation_loss"),
        "kept": find_restored_epoch(row),
        "metrics": metrics,
        "classes": classes.plain() if classes else {},
        "seconds": seconds,
        # Of training time alone: waiting for a place, or a pause, is not in it.
        "steps_per_second": row.step / seconds if seconds else None,
    }


def format_report(report: dict[str, Any], message: str) -> str:
    """The report as a line of text; `message` is why the run ended."""
    losses = " · ".join(
        f"{k.replace('_', ' ')} {report[k]:.4g}" for k in ("train_loss", "validation_loss") if report[k]
    )
    recalls = {name: share for name, share in report["classes"].get("recall", {}).items() if not math.isnan(share)}
    worst = min(recalls, key=recalls.__getitem__, default="")
    lowest = f"lowest recall {recalls[worst]:.4g} ({worst})" if worst else ""
    head = f"{report['run']} {report['state']} after {report['steps']} steps, {report['epochs']} epochs"
    return " · ".join(filter(None, [head, losses, lowest, f"{report['seconds']:.1f} s", message]))
