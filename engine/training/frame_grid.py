"""The frame grid: steps that have a frame in every repetition of a run, independent of the clock."""

from __future__ import annotations

import sys
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache

FIRST = 4
GROWTH = 1.25
LAST = 100_000_000  # no run takes more steps


def steps(until: int) -> Iterator[int]:
    """The steps of the grid up to `until`: 1, 2, 3, 4, then each at most 1.25 times the last; 29 up to 800."""
    step = 1
    while step <= until:
        yield step
        step = step + 1 if step < FIRST else int(step * GROWTH)


@cache
def _grid_set() -> frozenset[int]:
    return frozenset(steps(LAST))


def is_on_grid(step: int) -> bool:
    """Whether a step is on the grid."""
    return step in _grid_set()


def find_next_on_grid(step: int) -> int:
    """The first step of the grid after `step`."""
    return _grid_sequence()[bisect_right(_grid_sequence(), step)]


@cache
def _grid_sequence() -> tuple[int, ...]:
    return (*steps(LAST), sys.maxsize)  # the last entry lets next_on_grid find one after any step
