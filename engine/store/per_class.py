"""What the epochs of a run say of each class: recalls, and the confusion matrix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.store.tables import plain_columns


@dataclass(frozen=True)
class ClassMetrics:
    """Names, steps (epochs,), recalls (epochs, classes), and counts (epochs, right class, class said) or None where
    there are too many.

    A class that the validation split lacks has no recall: NaN.
    """

    names: tuple[str, ...]
    steps: np.ndarray
    recalls: np.ndarray
    confusion: np.ndarray | None

    def plain(self) -> dict[str, Any]:
        """The newest epoch, for JSON."""
        if not len(self.recalls):
            return {}
        said: dict[str, Any] = {"recall": dict(zip(self.names, self.recalls[-1].tolist(), strict=True))}
        if self.confusion is not None:
            said["confusion"] = self.confusion[-1].astype(int).tolist()
        return said


def class_metrics(channels: Sequence[Mapping[str, Any]], epochs: np.ndarray) -> ClassMetrics | None:
    """The same from a run's epochs; None where nothing was recorded. Epochs of older versions are left out."""
    series = {channel["key"]: tuple(channel["series"]) for channel in channels}
    names, start = series.get("recall", ()), len(plain_columns(channels))
    if not names or epochs.shape[1] <= start:
        return None
    count = len(names)
    there = ~np.isnan(epochs[:, start:]).all(1)
    own = epochs[there, start:]
    crossed = own[:, count:].reshape(-1, count, count) if "confusion" in series else None
    return ClassMetrics(names, epochs[there, 1], own[:, :count], crossed)
