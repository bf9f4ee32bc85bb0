from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from engine.catalogue.part import hparam
from engine.errors import InvalidExperiment, Received
from engine.examples import Examples, Task
from engine.message import Message
from engine.parts.datasets import Dataset

REACH, MOST, LEAST, CLASSES = 6.0, 500, 4, 5
COORDINATE = r"-?[0-9]{1,2}(\.[0-9]{1,3})?"
POINT = f"{COORDINATE},{COORDINATE},{COORDINATE}"
FLOWER = (
    "0,0.4,0;0.6,0,0;-0.5,-0.3,0;0.2,-0.7,0;-0.7,0.5,0;0.9,0.7,0;-0.1,1.1,0;0.5,-1.2,0;-1.2,-0.6,0;1.3,-0.4,0;"
    "-0.3,-1.4,0;-1.3,0.2,0;3.6,0.4,1;3.1,1.9,1;1.8,3.2,1;0.3,3.5,1;-1.6,3.3,1;-3.1,2.2,1;-3.7,0.6,1;-3.4,-1.1,1;"
    "-2.4,-2.8,1;-0.8,-3.6,1;1.1,-3.5,1;2.6,-2.6,1;3.5,-1.2,1;4.2,2.6,1;-4.1,-2.3,1;2.3,4.1,1"
)


class Points(Dataset):
    """Own points: drawn with the mouse on the plane, up to 500, in up to five classes or with a value each.

    They are part of the experiment, so a link or a file carries them. Each is written x,y,c with at most three decimals
    and parted from the next by a semicolon: x and y from −6 to 6, c the class counted from 0, or a value from −1 to 1.

    Use: To try an idea: a single point far away, two classes that overlap, a hole.

    Trouble: Few points leave very few for validation: its accuracy then moves in large steps.

    Source: Smilkov and Carter, TensorFlow Playground, 2016 (the plane); drawing on it is asked for most.
    """

    rank: ClassVar[int] = 999
    is_own: ClassVar[bool] = True
    kind: Literal["points"] = "points"
    task: Literal["classification", "regression"] = hparam(
        "classification", "Points have a class each, or a value each.", hidden=True
    )
    drawn: str = hparam(
        FLOWER,
        "The points, x,y,c and a semicolon between two.",
        pattern=f"^({POINT}(;{POINT})*)?$",
        pattern_help=Message("points x,y,c with a semicolon between two"),
        hidden=True,
    )

    @property
    def stated_task(self) -> Task:
        return self.task

    def load(self, seed: int) -> Examples:
        found = np.array([row.split(",") for row in self.drawn.split(";") if row], np.float32).reshape(-1, 3)
        self.expect(found)
        extent = (-REACH, REACH, -REACH, REACH)
        if self.task == "regression":
            return Examples(found[:, :2].copy(), found[:, 2:].copy(), "regression", (), extent)
        y = found[:, 2].astype(np.int64)
        names = tuple(str(c + 1) for c in range(y.max() + 1))
        return Examples(found[:, :2].copy(), y, "classification", names, extent)

    def expect(self, found: np.ndarray) -> None:
        """Raises: InvalidExperiment if nothing can be learned from these points."""
        if not LEAST <= len(found) <= MOST:
            raise wrong(Message("{n} to {m} points", n=LEAST, m=MOST), len(found))
        if (np.abs(found[:, :2]) > REACH).any():
            raise wrong(Message("points from −{n} to {m}", n=REACH, m=REACH), Message("one outside"))
        kinds = np.unique(found[:, 2])
        if self.task == "regression" and (np.abs(kinds) > 1).any():
            raise wrong(Message("values from −1 to 1"), Message("another"))
        if self.task == "classification" and not np.isin(kinds, range(CLASSES)).all():
            raise wrong(Message("classes from 0 to {n}", n=CLASSES - 1), Message("another"))
        if len(kinds) < 2:
            raise (
                wrong(Message("points of two classes or more"), Message("one class"))
                if self.task == "classification"
                else wrong(Message("points of different values"), Message("one value"))
            )


def wrong(expected: Message, received: Received) -> InvalidExperiment:
    """What is said of points that cannot be learned from."""
    return InvalidExperiment("$.data.drawn", expected, received)
