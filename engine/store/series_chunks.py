"""Chunks of series decoded as arrays, and the query for runs with their columns unconverted."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import sqlalchemy as sa

from engine.errors import PlaygroundError
from engine.message import Message
from engine.store import tables
from engine.store.row_models import DamagedRun


@cache
def select_runs(existing: frozenset[str]) -> sa.Select[*tuple[Any, ...]]:
    """Select every run with its rowid, unconverted: a damaged value may not be of its column's type.

    Only the `existing` columns: a store of an older schema lacks the newest.
    """
    names = [column.name for column in tables.runs.c if column.name in existing]
    columns: list[Any] = [sa.literal_column(f"runs.{name}").label(name) for name in names]
    return sa.select(sa.literal_column("runs.rowid").label("rowid"), *columns).select_from(tables.runs)


class UnreadableStore(PlaygroundError):
    """The store's file is gone or damaged."""

    def __init__(self) -> None:
        super().__init__(Message("The store cannot be read: its file is gone or damaged."))


def decode_losses(first: int, payload: bytes) -> np.ndarray:
    """Decode a chunk of losses, (n, 2) float64: step and loss, from step `first` on. Raises: DamagedRun."""
    values = _to_array(payload, "<f4")  # (n,)
    return np.column_stack([np.arange(first, first + len(values), dtype=np.float64), values])  # (n, 2)


def decode_epochs(payload: bytes, count: int) -> np.ndarray:
    """Decode a chunk of epochs, (count, columns) float64: `tables.EPOCH_COLUMNS`, then those of heads and classes.

    Raises: DamagedRun.
    """
    try:
        return _to_array(payload, "<f8").reshape(count, -1 if count else len(tables.EPOCH_COLUMNS))
    except (ValueError, TypeError) as error:
        raise DamagedRun from error


def _to_array(payload: object, kind: str) -> np.ndarray:
    """Read the array in a blob without a copy, (n,); it cannot be written. Raises: DamagedRun."""
    if not isinstance(payload, bytes) or len(payload) % np.dtype(kind).itemsize:
        raise DamagedRun
    return np.frombuffer(payload, kind)


def concatenate_epochs(pieces: Sequence[np.ndarray]) -> np.ndarray:
    """Concatenate chunks of epochs (n, columns); columns that chunks of an older version lack are NaN."""
    width = max(piece.shape[1] for piece in pieces)
    return np.concatenate(
        [
            piece
            if piece.shape[1] == width
            else np.pad(piece, ((0, 0), (0, width - piece.shape[1])), constant_values=np.nan)
            for piece in pieces
        ]
    )


def choose_evenly(items: list[int], limit: int | None) -> list[int]:
    """Choose at most `limit` of the items evenly, the first and the last among them; None is all."""
    if limit is None or len(items) <= limit:
        return items
    if limit <= 1:
        return items[-limit:] if limit else []
    return [items[round(i * (len(items) - 1) / (limit - 1))] for i in range(limit)]
