"""From the store to what charts read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from engine.data.prepare import load_examples
from engine.errors import PlaygroundError
from engine.experiment.experiment import Experiment
from engine.frame import Channel, Frame
from engine.store.reader import RunRow
from engine.store.tables import list_epoch_columns
from pages.session.engine import get_reader

FRAMES = 400


@dataclass(frozen=True)
class RunRecord:
    """What charts read of one run: losses (n, 2), epochs (n, 6), frames in order, channels by key, static points;
    whether the weights of the best epoch are kept; the task, where there are points."""

    name: str
    losses: np.ndarray
    epochs: pd.DataFrame
    frames: Sequence[Frame]
    channels: Mapping[str, Channel]
    points: np.ndarray | None = None
    keeps_best: bool = False
    task: str = ""


def read_drawable(row: RunRow, name: str) -> RunRecord | None:
    """The same, but nothing of a run that is damaged: the others are drawn without it."""
    try:
        return None if row.damage else read_record(row, name)
    except (PlaygroundError, ArithmeticError, LookupError, TypeError, ValueError):
        return None


def read_record(row: RunRow, name: str) -> RunRecord:
    """Everything that charts show of a run, thinned to what a screen can show."""
    with get_reader().open_view() as view:
        losses, epochs = view.read_losses(row.id), view.read_epochs(row.id)
        frames = [Frame.decode(payload) for _step, payload in view.read_frames(row.id, -1, FRAMES)]
    static = Frame.decode(row.static).readings if row.static else {}
    channels = {entry["key"]: Channel(**entry) for entry in row.channels}
    # A run without epochs yet has fewer columns than it will have.
    table = pd.DataFrame(epochs, columns=list(list_epoch_columns(row.channels)[: epochs.shape[1]]))
    experiment = Experiment.from_json(row.edited)
    best = any(rule.keeps_best for rule in experiment.regularizers)
    task = find_task(experiment) if "points" in static else ""
    return RunRecord(name, losses, table, frames, channels, static.get("points"), best, task)


def find_task(experiment: Experiment) -> str:
    """What the run learns; data of a person's own say it themselves, for they may be gone from this machine."""
    return str(experiment.data.stated_task or load_examples(experiment.data, experiment.seed).task)
