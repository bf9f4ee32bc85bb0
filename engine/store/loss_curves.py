"""The loss of a run in few numbers, for a small picture: read by samples, so that hundreds of runs cost little."""

from __future__ import annotations

import numpy as np
import sqlalchemy as sa

from engine.store.series_chunks import choose_evenly
from engine.store.tables import EPOCH_COLUMNS

POINTS = 32
FEW = 4
TRAIN, VALIDATION = EPOCH_COLUMNS.index("train_loss"), EPOCH_COLUMNS.index("validation_loss")


def sample_loss_curve(connection: sa.Connection, run: str, points: int = POINTS) -> np.ndarray:
    """The validation loss at the end of some epochs, evenly chosen, or the training loss where there is no validation;
    of a run with few epochs the loss of some steps. (n,) float32, n ≤ points, without what is not finite."""
    ends = _sample(connection, run, points, "epochs", "epoch_lo", "epoch_hi", 8 * len(EPOCH_COLUMNS))
    rows = np.array([np.frombuffer(row, "<f8") for row in ends]).reshape(-1, len(EPOCH_COLUMNS))
    values = np.where(np.isfinite(rows[:, VALIDATION]), rows[:, VALIDATION], rows[:, TRAIN])
    if len(values) < FEW:
        values = np.frombuffer(b"".join(_sample(connection, run, points, "losses", "step_lo", "step_hi", 4)), "<f4")
    with np.errstate(over="ignore"):
        small = values.astype(np.float32)
    return np.asarray(small[np.isfinite(small)])


def _sample(connection: sa.Connection, run: str, points: int, table: str, lo: str, hi: str, width: int) -> list[bytes]:
    """The beginnings of some rows of a series: the first of each of some pieces and the very last one, or where there
    are few pieces, rows from all of them."""
    found = connection.exec_driver_sql(f"SELECT seq FROM {table} WHERE run = ? ORDER BY {lo}", (run,))
    pieces = [row[0] for row in found]
    if len(pieces) > points:
        chosen = choose_evenly(pieces, points)
        marks = ",".join("?" * (points - 1))
        heads = f"SELECT substr(payload, 1, {width}) FROM {table} WHERE seq IN ({marks}) ORDER BY {lo}"
        rows = [row[0] for row in connection.exec_driver_sql(heads, tuple(chosen[:-1]))]
        return rows + _rows(connection, chosen[-1:], table, lo, hi, width)[-1:]
    every = _rows(connection, pieces, table, lo, hi, width)
    return [every[place] for place in choose_evenly(list(range(len(every))), points)]


def _rows(connection: sa.Connection, pieces: list[int], table: str, lo: str, hi: str, width: int) -> list[bytes]:
    marks = ",".join("?" * len(pieces))
    whole = f"SELECT payload, {hi} - {lo} + 1 FROM {table} WHERE seq IN ({marks}) ORDER BY {lo}"
    rows = []
    for payload, count in connection.exec_driver_sql(whole, tuple(pieces)):
        each = len(payload) // count  # several ends have more columns, after these
        rows += [payload[place * each : place * each + width] for place in range(count)]
    return rows
