"""JSON as every reader takes it: the standard has no words for numbers that are not finite."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any


def strict(value: Any, **options: Any) -> str:
    """`value` as JSON; null where a number is infinite or none at all, such as R² of targets that are all the same.

    `options` are those of `json.dumps`.
    """
    return json.dumps(finite(value), allow_nan=False, **options)


def finite(value: Any) -> Any:
    """The same lists and objects, None in the place of numbers that are not finite."""
    if isinstance(value, Mapping):
        return {key: finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
