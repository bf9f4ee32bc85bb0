"""What the blobs of a series hold, as rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.store import tables


def loss_rows(first: int, payload: bytes) -> np.ndarray:
    """A piece of the losses as rows of step and loss."""
    values = np.frombuffer(payload, "<f4")
    return np.column_stack([np.arange(first, first + len(values), dtype=np.float64), values])


def epoch_rows(payload: bytes, count: int) -> np.ndarray:
    """A piece of so many epochs as rows of `tables.EPOCH_COLUMNS`, and what several ends and classes add."""
    return np.frombuffer(payload, "<f8").reshape(count, -1 if count else len(tables.EPOCH_COLUMNS))


def joined(pieces: Sequence[np.ndarray]) -> np.ndarray:
    """Pieces of epochs one after the other. Those that an older version wrote may lack the last columns: NaN."""
    width = max(piece.shape[1] for piece in pieces)
    return np.concatenate(
        [
            piece
            if piece.shape[1] == width
            else np.pad(piece, ((0, 0), (0, width - piece.shape[1])), constant_values=np.nan)
            for piece in pieces
        ]
    )


def spread(items: list[int], limit: int | None) -> list[int]:
    """At most `limit` of the items, evenly chosen, the first and the last among them."""
    if limit is None or len(items) <= limit:
        return items
    if limit <= 1:
        return items[-limit:] if limit else []
    return [items[round(i * (len(items) - 1) / (limit - 1))] for i in range(limit)]
