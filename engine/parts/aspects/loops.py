from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from engine.examples import Examples
from engine.parts.aspects import Aspect, Goal, digits_of

LOOPS = np.array([1, 0, 0, 0, 0, 0, 1, 0, 2, 1])


class Loops(Aspect):
    """Closed loops: none, one (0, 6, 9) or two (8) in the digit, three classes; for the digits.

    The 4 counts as open, as most people write it.

    Use: A task about the shape of the stroke; compare what the trunk learns with it and without.

    Trouble: It is taken from the digit and not from the image: a 4 written closed counts as open, a 6 that was left
    open as closed.

    Source: Caruana, Multitask learning, 1997 (tasks made from one set of examples).
    """

    rank: ClassVar[int] = 2
    kind: Literal["loops"] = "loops"

    def goal(self, source: Examples) -> Goal | None:
        digits = digits_of(source)
        return None if digits is None else Goal(LOOPS[digits], "classification", 3)
