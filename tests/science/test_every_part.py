"""Every part has a reference calculation. Checks and export formats have tests of their own folders."""

from __future__ import annotations

import pytest

from tests.conformance.placing import PLACED, label
from tests.science.references import covered

PARTS = [label(part) for part in PLACED]


@pytest.mark.parametrize("part", PARTS)
def test_a_part_has_a_reference_calculation(part: str) -> None:
    advice = f"write a test in tests/science and mark it with @covers({part!r})"
    assert covered().get(part), f"{part} has no reference calculation: {advice}"
