"""Strict JSON: numbers that are not finite become null, since the standard has no words for them."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any


def dump_strict(value: Any, **options: Any) -> str:
    """`value` as JSON, with null for infinity and NaN, such as R² of targets that are all equal.

    `options` are those of `json.dumps`.
    """
    return json.dumps(replace_nonfinite(value), allow_nan=False, **options)


def replace_nonfinite(value: Any) -> Any:
    """Copy lists and objects with None in the place of infinity and NaN."""
    if isinstance(value, Mapping):
        return {key: replace_nonfinite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [replace_nonfinite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
