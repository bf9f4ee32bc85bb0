"""What a form has to know of a part's fields, read from the part itself."""

from __future__ import annotations

import types
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import ceil, floor, log10
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from engine.catalogue.part import Part

Sort = Literal["choice", "flag", "part", "integer", "number", "text"]
HIDDEN = frozenset({"kind", "version"})
DECADES, MARKS = 4, (1, 2, 3, 5)


@dataclass(frozen=True)
class FieldSpec:
    """One field: what sort of value it takes, its bounds, and how it is explained."""

    name: str
    sort: Sort
    default: Any
    help: str = ""
    unit: str = ""
    log: bool = False
    optional: bool = False
    none: str = ""
    choices: tuple[str, ...] = ()
    family: type[Part] | None = None
    low: float | None = None
    high: float | None = None
    above: bool = False
    below: bool = False

    @property
    def label(self) -> str:
        """The name as English text; catalogues of the languages may know a better one."""
        return self.name.replace("_", " ").capitalize()


def read_specs(model: type[BaseModel], only: Sequence[str] = ()) -> tuple[FieldSpec, ...]:
    """The fields of a part (or another value) that a form shows: those named, or all, in their order."""
    names = only or [name for name, field in model.model_fields.items() if name not in HIDDEN and not is_hidden(field)]
    return tuple(read_spec(name, model.model_fields[name]) for name in names)


def is_hidden(field: FieldInfo) -> bool:
    """Whether the field has a control of its own elsewhere."""
    return isinstance(field.json_schema_extra, dict) and bool(field.json_schema_extra.get("hidden"))


def read_spec(name: str, field: FieldInfo) -> FieldSpec:
    """One field as the form sees it. Raises: TypeError for a type that no form knows."""
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    annotation, optional = unwrap_optional(field.annotation)
    bounds = {key: getattr(m, key) for m in field.metadata for key in ("ge", "gt", "le", "lt") if hasattr(m, key)}
    return FieldSpec(
        name,
        find_sort(name, annotation),
        field.default,
        field.description or "",
        str(extra.get("unit", "")),
        bool(extra.get("log")),
        optional,
        str(extra.get("none", "")),
        get_args(annotation) if get_origin(annotation) is Literal else (),
        annotation if isinstance(annotation, type) and issubclass(annotation, Part) else None,
        bounds.get("ge", bounds.get("gt")),
        bounds.get("le", bounds.get("lt")),
        "gt" in bounds,
        "lt" in bounds,
    )


def unwrap_optional(annotation: Any) -> tuple[Any, bool]:
    """The type without `| None`, and whether None is allowed."""
    if get_origin(annotation) in (Union, types.UnionType):
        kept = [a for a in get_args(annotation) if a is not type(None)]
        # `int | None` is a number that may be missing; `int | str` has no control.
        if len(kept) == 1:
            return kept[0], True
    return annotation, False


def find_sort(name: str, annotation: Any) -> Sort:
    """Which control a type asks for."""
    if get_origin(annotation) is Literal:
        return "choice"
    if isinstance(annotation, type):
        for kind, sort in ((Part, "part"), (bool, "flag"), (int, "integer"), (float, "number"), (str, "text")):
            if issubclass(annotation, kind):
                return sort  # type: ignore[return-value]
    raise TypeError(f"no control for field {name!r} of type {annotation!r}")


def make_log_stops(field: FieldSpec, value: float) -> list[float]:
    """The stops of a logarithmic slider: 1, 2, 3, 5 in each decade, four decades around the default, and `value`."""
    middle = field.default or 1e-3
    low, high = middle / 10**DECADES, middle * 10**DECADES
    low, high = max(low, field.low or 0.0), min(high, field.high if field.high is not None else high)
    decades = range(floor(log10(low)), ceil(log10(high)) + 1)
    stops = {float(f"{mark}e{decade}") for decade in decades for mark in MARKS}
    stops = {stop for stop in stops if low <= stop <= high}
    if field.low == 0 and not field.above:
        stops.add(0.0)
    return sorted(stops | {float(value)})


def choose_step(field: FieldSpec) -> float:
    """The step of a linear field: a hundredth of its range, or finer where its default needs it."""
    fine = 10.0 ** min(0, int(Decimal(str(field.default)).normalize().as_tuple().exponent))
    if field.low is None or field.high is None:
        return fine
    share = (field.high - field.low) / 100
    decade = 10.0 ** floor(log10(share))
    span = next(decade * mark for mark in (1, 2, 5, 10) if decade * mark >= share * 0.8)
    return round(min(fine, span) if fine < 1 else span, 10)


def make_linear_stops(field: FieldSpec, value: float) -> list[float]:
    """The stops of a linear slider, `value` among them; none where they would be too many for one."""
    step = choose_step(field)
    if field.low is None or field.high is None or (field.high - field.low) / step > 200:
        return []
    first, last = round(field.low / step) + field.above, round(field.high / step) - field.below
    return sorted({round(index * step, 10) for index in range(first, last + 1)} | {value})


def choose_stride(field: FieldSpec) -> int:
    """How far + and − go in an integer field."""
    return 1 if field.log or field.high is None or field.high <= 100 else int(10 ** floor(log10(field.high / 40)))
