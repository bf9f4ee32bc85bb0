from __future__ import annotations

from typing import ClassVar, Literal

from engine.aspects import Aspect, Goal, digits_of
from engine.datasets import Examples


class Parity(Aspect):
    """Parity: whether the digit is even or odd, two classes; for the digits.

    Source: Caruana, Multitask learning, 1997 (tasks made from one set of examples).
    """

    rank: ClassVar[int] = 1
    kind: Literal["parity"] = "parity"

    def goal(self, source: Examples) -> Goal | None:
        digits = digits_of(source)
        return None if digits is None else Goal(digits % 2, "classification", 2)
