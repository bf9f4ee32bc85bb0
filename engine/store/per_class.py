"""Metrics of each class, read from the epochs of a run: recalls, and the confusion matrix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.store.tables import list_plain_columns


@dataclass(frozen=True)
class ClassMetrics:
    """Metrics of each class after each epoch.

    Shape: `steps` (epochs,); `recalls` (epochs, classes); `confusion` counts (epochs, true class, predicted class), or
    None where there are too many classes. A class that the validation split lacks has no recall: NaN.
    """

    names: tuple[str, ...]
    steps: np.ndarray
    recalls: np.ndarray
    confusion: np.ndarray | None

    def plain(self) -> dict[str, Any]:
        """The newest epoch, for JSON."""
        if not len(self.recalls):
            return {}
        newest: dict[str, Any] = {"recall": dict(zip(self.names, self.recalls[-1].tolist(), strict=True))}
        if self.confusion is not None:
            newest["confusion"] = self.confusion[-1].astype(int).tolist()
        return newest


def extract_class_metrics(channels: Sequence[Mapping[str, Any]], epochs: np.ndarray) -> ClassMetrics | None:
    """Extract them from a run's epochs (epochs, columns); None where nothing was recorded.

    Epochs that an older version wrote have no columns of classes, which are NaN then, and are left out.
    """
    series = {channel["key"]: tuple(channel["series"]) for channel in channels}
    names, start = series.get("recall", ()), len(list_plain_columns(channels))
    if not names or epochs.shape[1] <= start:
        return None
    count = len(names)
    recorded = ~np.isnan(epochs[:, start:]).all(1)  # (epochs,)
    columns = epochs[recorded, start:]  # (recorded epochs, classes [+ classes · classes])
    confusion = columns[:, count:].reshape(-1, count, count) if "confusion" in series else None
    return ClassMetrics(names, epochs[recorded, 1], columns[:, :count], confusion)
