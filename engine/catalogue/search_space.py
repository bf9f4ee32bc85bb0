"""Search space: the domain of every field of a part, from which a search samples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from engine.catalogue.part import Part, catalogue

DECADES = 4  # either way of the default, where a logarithmic axis has bounds at zero or very far away


@dataclass(frozen=True)
class Range:
    """Numbers from `low` to `high`, both included; `log`: to be sampled on a logarithmic axis."""

    low: float
    high: float
    log: bool = False
    is_integer: bool = False


@dataclass(frozen=True)
class Choices:
    """One of some values; for a field that holds a part, one of the family's kinds."""

    values: tuple[Any, ...]


Domain = Range | Choices


def list_domains(part: type[Part]) -> Mapping[str, Domain]:
    """The domains of a part's fields by name, without fields that have none."""
    inferred = {name: infer_domain(field) for name, field in part.model_fields.items() if name != "kind"}
    return {name: domain for name, domain in inferred.items() if domain is not None}


def infer_domain(field: FieldInfo) -> Domain | None:
    """The domain of one field, from its type and its bounds; None for free text and numbers without bounds."""
    kind = field.annotation
    if get_origin(kind) in (Union, UnionType):
        kind = next(one for one in get_args(kind) if one is not type(None))  # `X | None`: the domain of X
    if get_origin(kind) is Literal:
        return Choices(get_args(kind))
    if kind is bool:
        return Choices((False, True))
    if isinstance(kind, type) and issubclass(kind, Part):
        return Choices(tuple(catalogue(kind)))
    return infer_range(field, is_integer=kind is int) if kind in (int, float) else None


def infer_range(field: FieldInfo, *, is_integer: bool) -> Range | None:
    """The range between a field's bounds; an exclusive bound moves inwards by one, or by a thousandth of the range."""
    rules = {
        key: getattr(rule, key) for rule in field.metadata for key in ("ge", "gt", "le", "lt") if hasattr(rule, key)
    }
    low, high = rules.get("ge", rules.get("gt")), rules.get("le", rules.get("lt"))
    if low is None or high is None:
        return None
    # A sampler has to be able to return the ends of its range.
    gap = 1 if is_integer else (high - low) / 1000
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    log = bool(extra.get("log"))
    if log and not is_integer and isinstance(field.default, float) and field.default > 0:
        return Range(
            # A rate may be as small as 1e-12; nobody searches so far from the default.
            max(low, field.default / 10**DECADES),
            min(high if "le" in rules else high - gap, field.default * 10**DECADES),
            log,
        )
    low, high = low + gap * ("gt" in rules), high - gap * ("lt" in rules)
    return Range(low, high, log and low > 0, is_integer)
