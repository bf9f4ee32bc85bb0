"""Messages that browsers can read, whatever the numbers in them."""

from __future__ import annotations

import json
import math
from typing import Any

from engine.live.messages import write_line
from engine.store.run_changes import LogLine


def strict(text: str) -> Any:
    """What a browser makes of a message: it knows no NaN and no infinity."""

    def refuse(constant: str) -> None:
        raise ValueError(constant)

    return json.loads(text, parse_constant=refuse)


def test_numbers_that_are_not_finite_become_null() -> None:
    detail = {"loss": math.nan, "ranges": [(0.5, math.inf), (-math.inf, 2)], "sentence": "NaN"}
    said = strict(write_line(LogLine(1, "r", 3, "edit", detail, 0.0)))
    assert said["detail"] == {"loss": None, "ranges": [[0.5, None], [None, 2]], "sentence": "NaN"}
