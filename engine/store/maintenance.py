"""Maintenance of the tables: thin frames, merge small chunks of series, return free pages to the file system."""

from __future__ import annotations

import itertools

import numpy as np
import sqlalchemy as sa

from engine.store import tables
from engine.training.frame_grid import is_on_grid

MOST_FRAMES = 2_000  # of a run
MOST_CHUNKS = 600  # of a run's series, before they are merged
NEWEST_CHUNKS = 100  # that are not merged: readers follow them
POINTS = 1_000
"""Steps or epochs of a merged chunk. A series took 10 ms to read from chunks of a thousand; a million rows 0.8 s."""


def thin_frames(connection: sa.Connection, run: str) -> int:
    """Drop every second frame of the older half; returns how many. Those of the grid stay in every repetition."""
    table = tables.frames
    ordered = sa.select(table.c.seq, table.c.step).where(table.c.run == run).order_by(table.c.step)
    found = [seq for seq, step in connection.execute(ordered) if not is_on_grid(step)]
    dropped = found[1 : len(found) // 2 : 2]
    if dropped:
        connection.execute(sa.delete(table).where(table.c.seq.in_(dropped)))
    return len(dropped)


def merge_chunks(connection: sa.Connection, run: str) -> None:
    """Merge the small chunks of both series into chunks of about a thousand rows.

    The newest chunks stay as they are, since readers follow them by `seq`; a merged one keeps the first's.
    """
    _merge(connection, tables.losses, run, "step_lo", "step_hi")
    _merge(connection, tables.epochs, run, "epoch_lo", "epoch_hi")


def _merge(connection: sa.Connection, table: sa.Table, run: str, lo: str, hi: str) -> None:
    count = table.c[hi] - table.c[lo] + 1
    width = sa.func.length(table.c.payload) / count
    ordered = sa.select(table.c.seq, table.c[hi], count, width).where(table.c.run == run).order_by(table.c[lo])
    found = connection.execute(ordered).all()[:-NEWEST_CHUNKS]
    for _, alike in itertools.groupby(found, lambda row: int(row[3])):  # older versions wrote fewer columns
        group: list[int] = []
        points = 0
        for seq, last, rows, _ in alike:
            group.append(seq)
            points += int(rows)
            if points >= POINTS:
                if len(group) > 1:
                    _join(connection, table, group, hi, last)
                group, points = [], 0


def _join(connection: sa.Connection, table: sa.Table, group: list[int], hi: str, last: int) -> None:
    rows = sa.select(table.c.payload).where(table.c.seq.in_(group)).order_by(table.c.seq)
    payload = b"".join(connection.execute(rows).scalars())
    connection.execute(sa.delete(table).where(table.c.seq.in_(group[1:])))
    connection.execute(sa.update(table).where(table.c.seq == group[0]).values({hi: last, "payload": payload}))


def vacuum(connection: sa.Connection, pages: int = 20_000) -> None:
    """Return at most `pages` free pages to the file system; not within a transaction."""
    driver = connection.connection.driver_connection
    if driver is not None:
        driver.executescript(f"PRAGMA incremental_vacuum({pages})")  # `execute` steps once, which frees a single page


def thin(rows: np.ndarray, points: int, column: int = 1) -> np.ndarray:
    """Thin the rows of a series (n, columns) to at most `points`: first, last, and each stretch's lowest and highest.

    Only stored points are given, so what is drawn was measured; peaks of the `column` survive.
    """
    if len(rows) <= points:
        return rows
    values = np.where(np.isfinite(rows[:, column]), rows[:, column], np.inf)  # what is not finite is a peak
    edges = np.linspace(1, len(rows) - 1, max(1, (points - 2) // 2) + 1).astype(np.int64)
    chosen = {0, len(rows) - 1}
    for lo, hi in itertools.pairwise(edges):
        if hi > lo:
            chosen.add(int(lo + values[lo:hi].argmin()))
            chosen.add(int(lo + values[lo:hi].argmax()))
    return rows[sorted(chosen)]
