from __future__ import annotations

from typing import ClassVar, Literal

from engine.examples import Examples
from engine.parts.aspects import Aspect, Goal, digits_of


class Parity(Aspect):
    """Parity: whether the digit is even or odd, two classes; for the digits.

    Use: A second task beside the digit: the trunk has to serve two classifications.

    Trouble: It follows from the digit, so it adds no knowledge of its own; alone, it groups digits that do not look
    alike.

    Source: Caruana, Multitask learning, 1997 (tasks made from one set of examples).
    """

    rank: ClassVar[int] = 1
    kind: Literal["parity"] = "parity"

    def goal(self, source: Examples) -> Goal | None:
        digits = digits_of(source)
        return None if digits is None else Goal(digits % 2, "classification", 2)
