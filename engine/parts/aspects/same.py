from __future__ import annotations

from typing import ClassVar, Literal

from engine.examples import Examples, Task
from engine.parts.aspects import Aspect, Goal


class Same(Aspect):
    """The same target: what the output learns too, said once more from an earlier layer.

    Such an auxiliary head brings the gradient to the early layers of a deep network by a short way.

    Use: Deep networks whose early layers get little gradient; and to see how much an early layer knows already.

    Trouble: With a large weight the early layer is shaped for a quick answer instead of for the layers after it: stay
    well below 1.

    Source: Szegedy et al., Going deeper with convolutions, 2015, section 5 (auxiliary classifiers).
    """

    rank: ClassVar[int] = 0
    task: ClassVar[Task | None] = None
    kind: Literal["same"] = "same"

    def goal(self, source: Examples) -> Goal:
        return Goal(source.y, source.task, source.outputs)
