"""Point cloud: points in the plane before and after a transform."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.parts.transforms import Transform


@dataclass(frozen=True)
class PointCloud:
    """Points before and after, (points, 2) each; a transform that leaves one coordinate has zeros in the other."""

    before: np.ndarray
    after: np.ndarray


def transform_cloud(part: Transform) -> PointCloud:
    """Transform 300 points of a correlated normal distribution away from the origin.

    A transform of the target is fitted to the second coordinate and moves that alone.

    Raises: InvalidExperiment if the transform does not take two features.
    """
    rng = np.random.default_rng(0)
    rotation = np.array([[np.cos(0.6), np.sin(0.6)], [-np.sin(0.6), np.cos(0.6)]])
    points = (rng.normal(0, 1, (300, 2)) * (2.2, 0.6)) @ rotation + (4, 2)
    before = points.astype(np.float32)
    if part.acts_on == "target":
        return PointCloud(before, np.concatenate([before[:, :1], part.fit(before[:, 1:])(before[:, 1:])], 1))
    after = part.fit(before)(before)
    missing = np.zeros((len(after), 2 - after.shape[1]), np.float32)
    return PointCloud(before, np.concatenate([after, missing], 1))
