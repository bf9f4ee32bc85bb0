"""A cloud of points before and after a transform."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.parts.transforms import Transform


@dataclass(frozen=True)
class PointCloud:
    """Points (points, 2) before and after; a lone coordinate has zeros beside it."""

    before: np.ndarray
    after: np.ndarray


def point_cloud(part: Transform) -> PointCloud:
    """300 points of a long, tilted cloud away from the middle; a transform of the target moves the height alone.

    Raises: InvalidExperiment if the transform does not take two features.
    """
    rng = np.random.default_rng(0)
    turn = np.array([[np.cos(0.6), np.sin(0.6)], [-np.sin(0.6), np.cos(0.6)]])
    points = (rng.normal(0, 1, (300, 2)) * (2.2, 0.6)) @ turn + (4, 2)
    before = points.astype(np.float32)
    if part.acts_on == "target":
        return PointCloud(before, np.concatenate([before[:, :1], part.fit(before[:, 1:])(before[:, 1:])], 1))
    after = part.fit(before)(before)
    beside = np.zeros((len(after), 2 - after.shape[1]), np.float32)
    return PointCloud(before, np.concatenate([after, beside], 1))
