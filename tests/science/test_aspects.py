"""What heads learn, made again from the examples alone."""

from __future__ import annotations

import math

import numpy as np

from engine.catalogue.part import catalogue
from engine.examples import Examples
from engine.parts.aspects import Aspect, Goal
from engine.parts.datasets import Dataset
from tests.science.references import covers

LOOPS = {"0": 1, "6": 1, "9": 1, "8": 2}


def examples(kind: str) -> Examples:
    """A data set's examples."""
    found: Examples = catalogue(Dataset)[kind]().load(0)
    return found


def goal(kind: str, source: Examples) -> Goal:
    """What the aspect says of them."""
    found: Goal | None = catalogue(Aspect)[kind]().goal(source)
    assert found is not None
    assert len(found.y) == len(source.x)
    return found


@covers("aspects.same")
def test_the_same_target_is_the_outputs() -> None:
    source = examples("circle")
    assert np.array_equal(goal("same", source).y, source.y)


@covers("aspects.parity", "aspects.loops")
def test_parity_and_loops_are_those_of_the_digit() -> None:
    source = examples("digits")
    digits = [source.classes[c] for c in source.y]
    assert goal("parity", source).y.tolist() == [int(digit) % 2 for digit in digits]
    assert goal("loops", source).y.tolist() == [LOOPS.get(digit, 0) for digit in digits]


@covers("aspects.radius", "aspects.quadrant")
def test_radius_and_quadrant_are_seen_from_the_middle_of_the_plane() -> None:
    source = examples("circle")
    assert source.extent is not None
    x0, x1, y0, y1 = source.extent
    places = [(2 * (x - (x0 + x1) / 2) / (x1 - x0), 2 * (y - (y0 + y1) / 2) / (x1 - x0)) for x, y in source.x.tolist()]
    np.testing.assert_allclose(goal("radius", source).y[:, 0], [math.hypot(*place) for place in places], rtol=1e-6)
    assert goal("quadrant", source).y.tolist() == [(x >= 0) + 2 * (y >= 0) for x, y in places]
    assert catalogue(Aspect)["radius"]().goal(examples("digits")) is None
