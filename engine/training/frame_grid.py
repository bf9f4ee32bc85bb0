"""The steps that have a frame in every repetition of a run, whatever the clock says."""

from __future__ import annotations

import sys
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache

FIRST = 4
GROWTH = 1.25


def steps(until: int) -> Iterator[int]:
    """1, 2, 3, 4 and then each at most 1.25 times the last: about 30 in 800 steps, 48 in 50 000."""
    step = 1
    while step <= until:
        yield step
        step = step + 1 if step < FIRST else int(step * GROWTH)


@cache
def known(until: int) -> frozenset[int]:
    """The same to look things up in."""
    return frozenset(steps(until))


def on_grid(step: int) -> bool:
    """Whether a step is one of them."""
    return step in known(100_000_000)


def next_on_grid(step: int) -> int:
    """The first of them after `step`."""
    return ordered(100_000_000)[bisect_right(ordered(100_000_000), step)]


@cache
def ordered(until: int) -> tuple[int, ...]:
    """All of them in a row, and one that no run reaches."""
    return (*steps(until), sys.maxsize)
