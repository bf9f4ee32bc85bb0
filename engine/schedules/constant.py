from __future__ import annotations

from typing import ClassVar, Literal

from engine.schedules import Progress, Schedule


class Constant(Schedule):
    """Constant: the learning rate stays what it is.

    Source: Robbins and Monro, A stochastic approximation method, 1951 (why it has to fall in the end).
    """

    rank: ClassVar[int] = 0
    kind: Literal["constant"] = "constant"

    def factor(self, progress: Progress) -> float:
        return 1.0
