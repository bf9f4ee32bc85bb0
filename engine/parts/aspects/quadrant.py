from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from engine.examples import Examples
from engine.parts.aspects import Aspect, Goal, plane_of


class Quadrant(Aspect):
    """Quadrant: in which quarter of the plane the point lies, four classes; for 2-D inputs.

    Use: An easy second task in the plane: two straight borders, seen at once in the units of the trunk.

    Trouble: In a narrow trunk it takes units away from the harder task.

    Source: Caruana, Multitask learning, 1997 (tasks made from one set of examples).
    """

    rank: ClassVar[int] = 4
    kind: Literal["quadrant"] = "quadrant"

    def goal(self, source: Examples) -> Goal | None:
        points = plane_of(source)
        if points is None:
            return None
        right, upper = points[:, 0] >= 0, points[:, 1] >= 0
        return Goal((right + 2 * upper).astype(np.int64), "classification", 4)
