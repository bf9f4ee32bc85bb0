"""Search space: the domain of every field of a part, from which a search samples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from engine.catalogue.part import Part, catalogue

DECADES = 4  # on a logarithmic axis that reaches to zero or very far: so many either way of the default


@dataclass(frozen=True)
class Range:
    """Numbers from `low` to `high`, both allowed; whole ones only, or all; on a logarithmic axis or a plain one."""

    low: float
    high: float
    log: bool = False
    whole: bool = False


@dataclass(frozen=True)
class Choices:
    """One of some values; of parts, one of their kinds."""

    values: tuple[Any, ...]


Domain = Range | Choices


def domains(part: type[Part]) -> Mapping[str, Domain]:
    """The domain of every field that has one; free texts have none."""
    found = {name: domain(field) for name, field in part.model_fields.items() if name != "kind"}
    return {name: one for name, one in found.items() if one is not None}


def domain(field: FieldInfo) -> Domain | None:
    """The domain of one field."""
    kind = field.annotation
    if get_origin(kind) in (Union, UnionType):
        kind = next(one for one in get_args(kind) if one is not type(None))
    if get_origin(kind) is Literal:
        return Choices(get_args(kind))
    if kind is bool:
        return Choices((False, True))
    if isinstance(kind, type) and issubclass(kind, Part):
        return Choices(tuple(catalogue(kind)))
    return numbers(field, whole=kind is int) if kind in (int, float) else None


def numbers(field: FieldInfo, *, whole: bool) -> Range | None:
    """From bound to bound; an end that is itself not allowed is left by one, or by a thousandth of the range."""
    rules = {
        key: getattr(rule, key) for rule in field.metadata for key in ("ge", "gt", "le", "lt") if hasattr(rule, key)
    }
    low, high = rules.get("ge", rules.get("gt")), rules.get("le", rules.get("lt"))
    if low is None or high is None:
        return None
    gap = 1 if whole else (high - low) / 1000
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    log = bool(extra.get("log"))
    if log and not whole and isinstance(field.default, float) and field.default > 0:
        return Range(
            max(low, field.default / 10**DECADES),
            min(high if "le" in rules else high - gap, field.default * 10**DECADES),
            log,
        )
    low, high = low + gap * ("gt" in rules), high - gap * ("lt" in rules)
    return Range(low, high, log and low > 0, whole)
