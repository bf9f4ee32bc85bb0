"""From the store to what charts read."""

from __future__ import annotations

import pandas as pd

from engine.errors import PlaygroundError
from engine.experiment import Experiment
from engine.frame import Channel, Frame
from engine.store.reader import RunRow
from engine.store.tables import epoch_columns
from pages.ui.charts import Record
from pages.ui.fleet import reader

FRAMES = 400


def drawable(row: RunRow, name: str) -> Record | None:
    """The same, but nothing of a run that is damaged: the others are drawn without it."""
    try:
        return None if row.damage else record(row, name)
    except (PlaygroundError, ArithmeticError, LookupError, TypeError, ValueError):
        return None


def record(row: RunRow, name: str) -> Record:
    """Everything that charts show of a run, thinned to what a screen can show."""
    with reader().view() as view:
        losses, epochs = view.losses(row.id), view.epochs(row.id)
        frames = [Frame.decode(payload) for _step, payload in view.frames(row.id, -1, FRAMES)]
    static = Frame.decode(row.static).readings if row.static else {}
    channels = {entry["key"]: Channel(**entry) for entry in row.channels}
    table = pd.DataFrame(epochs, columns=list(epoch_columns(row.channels)[: epochs.shape[1]]))
    kept = any(rule.keeps_best for rule in Experiment.from_json(row.edited).regularizers)
    return Record(name, losses, table, frames, channels, static.get("points"), kept)
