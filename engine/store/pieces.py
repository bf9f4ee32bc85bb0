"""What the blobs of a series hold, as rows."""

from __future__ import annotations

import numpy as np

from engine.store import tables


def loss_rows(first: int, payload: bytes) -> np.ndarray:
    """A piece of the losses as rows of step and loss."""
    values = np.frombuffer(payload, "<f4")
    return np.column_stack([np.arange(first, first + len(values), dtype=np.float64), values])


def epoch_rows(payload: bytes, count: int) -> np.ndarray:
    """A piece of so many epochs as rows of `tables.EPOCH_COLUMNS`, and what a network with several ends adds."""
    return np.frombuffer(payload, "<f8").reshape(count, -1 if count else len(tables.EPOCH_COLUMNS))


def spread(items: list[int], limit: int | None) -> list[int]:
    """At most `limit` of the items, evenly chosen, the first and the last among them."""
    if limit is None or len(items) <= limit:
        return items
    if limit <= 1:
        return items[-limit:] if limit else []
    return [items[round(i * (len(items) - 1) / (limit - 1))] for i in range(limit)]
