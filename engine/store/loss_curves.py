"""The loss curve of a run in few numbers, sampled from the store, so that a list of hundreds of runs costs little."""

from __future__ import annotations

import numpy as np
import sqlalchemy as sa

from engine.store.series_chunks import choose_evenly
from engine.store.tables import EPOCH_COLUMNS

POINTS = 32
FEW = 4  # epochs under which steps are drawn
TRAIN, VALIDATION = EPOCH_COLUMNS.index("train_loss"), EPOCH_COLUMNS.index("validation_loss")


def sample_loss_curve(connection: sa.Connection, run: str, points: int = POINTS) -> np.ndarray:
    """Sample the loss curve of a run, (n,) float32 with n ≤ points, without what is not finite.

    It is the validation loss after some epochs, evenly chosen, or the training loss where that is not finite; of a run
    with few epochs the loss of some steps.
    """
    epochs = _sample(connection, run, points, "epochs", "epoch_lo", "epoch_hi", 8 * len(EPOCH_COLUMNS))
    rows = np.array([np.frombuffer(row, "<f8") for row in epochs]).reshape(-1, len(EPOCH_COLUMNS))  # (epochs, columns)
    values = np.where(np.isfinite(rows[:, VALIDATION]), rows[:, VALIDATION], rows[:, TRAIN])
    if len(values) < FEW:
        values = np.frombuffer(b"".join(_sample(connection, run, points, "losses", "step_lo", "step_hi", 4)), "<f4")
    with np.errstate(over="ignore"):  # a loss beyond float32 becomes inf, and goes with the others
        curve = values.astype(np.float32)
    return np.asarray(curve[np.isfinite(curve)])


def _sample(connection: sa.Connection, run: str, points: int, table: str, lo: str, hi: str, width: int) -> list[bytes]:
    """Sample the first `width` bytes of some rows of a series: the first row of each of some chunks and the very last
    row, or where there are few chunks, rows from all of them."""
    found = connection.exec_driver_sql(f"SELECT seq FROM {table} WHERE run = ? ORDER BY {lo}", (run,))
    chunks = [row[0] for row in found]
    if len(chunks) > points:
        # only these bytes leave SQLite, not the chunks
        chosen = choose_evenly(chunks, points)
        marks = ",".join("?" * (points - 1))
        heads = f"SELECT substr(payload, 1, {width}) FROM {table} WHERE seq IN ({marks}) ORDER BY {lo}"
        rows = [row[0] for row in connection.exec_driver_sql(heads, tuple(chosen[:-1]))]
        return rows + _read_rows(connection, chosen[-1:], table, lo, hi, width)[-1:]
    every = _read_rows(connection, chunks, table, lo, hi, width)
    return [every[index] for index in choose_evenly(list(range(len(every))), points)]


def _read_rows(connection: sa.Connection, chunks: list[int], table: str, lo: str, hi: str, width: int) -> list[bytes]:
    marks = ",".join("?" * len(chunks))
    whole = f"SELECT payload, {hi} - {lo} + 1 FROM {table} WHERE seq IN ({marks}) ORDER BY {lo}"
    rows = []
    for payload, count in connection.exec_driver_sql(whole, tuple(chunks)):
        each = len(payload) // count  # several heads have more columns, after these
        rows += [payload[index * each : index * each + width] for index in range(count)]
    return rows
