from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from engine.examples import Examples, Task
from engine.parts.aspects import Aspect, Goal, plane_of


class Radius(Aspect):
    r"""Radius: distance from the middle of the plane, in units of half its width; a number, for 2-D inputs.

    Formula: r = \frac{\lVert x - m \rVert}{w / 2}

    Use: A regression beside a classification of the same points: one trunk, two kinds of loss.

    Trouble: Its squared error is smaller than a cross-entropy, so it counts little until its weight is raised.

    Source: Caruana, Multitask learning, 1997 (tasks made from one set of examples).
    """

    rank: ClassVar[int] = 3
    task: ClassVar[Task | None] = "regression"
    kind: Literal["radius"] = "radius"

    def goal(self, source: Examples) -> Goal | None:
        points = plane_of(source)
        if points is None:
            return None
        return Goal(np.linalg.norm(points, axis=1, keepdims=True).astype(np.float32), "regression", 1)
