"""Validation errors: pydantic's findings as messages that name path, expectation and value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from engine.catalogue.part import PATTERN_HELP
from engine.errors import InvalidExperiment, abbreviate, suggest_names
from engine.message import NOTHING, Message, join_choices

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails


class IncompatibleFields(ValueError):
    """Fields exclude each other; `expected` says of each by its name what it should be."""

    def __init__(self, expected: Mapping[str, Message]) -> None:
        super().__init__(", ".join(expected))
        self.expected = expected


EXPECTED: Mapping[str, Callable[[Mapping[str, Any]], Message]] = {
    "greater_than_equal": lambda ctx: Message("greater than or equal to {n}", n=format_bound(ctx["ge"])),
    "less_than_equal": lambda ctx: Message("less than or equal to {n}", n=format_bound(ctx["le"])),
    "greater_than": lambda ctx: Message("greater than {n}", n=format_bound(ctx["gt"])),
    "less_than": lambda ctx: Message("less than {n}", n=format_bound(ctx["lt"])),
    "int_type": lambda ctx: Message("a valid integer"),
    "int_parsing": lambda ctx: Message("a valid integer, unable to parse string as an integer"),
    "int_parsing_size": lambda ctx: Message("a valid integer"),
    "int_from_float": lambda ctx: Message("a valid integer, got a number with a fractional part"),
    "float_type": lambda ctx: Message("a valid number"),
    "float_parsing": lambda ctx: Message("a valid number, unable to parse string as a number"),
    "bool_type": lambda ctx: Message("a valid boolean"),
    "bool_parsing": lambda ctx: Message("a valid boolean"),
    "string_type": lambda ctx: Message("a valid string"),
    "list_type": lambda ctx: Message("a valid array"),
    "tuple_type": lambda ctx: Message("a valid array"),
    "dict_type": lambda ctx: Message("an object"),
    "model_type": lambda ctx: Message("an object"),
    "model_attributes_type": lambda ctx: Message("an object"),
    "finite_number": lambda ctx: Message("a finite number"),
    "missing": lambda ctx: Message("a value"),
    "union_tag_not_found": lambda ctx: Message("an object with a kind"),
    "extra_forbidden": lambda ctx: Message("no such field"),
    "json_invalid": lambda ctx: Message("JSON"),
    "too_long": lambda ctx: Message("at most {n} entries", n=ctx["max_length"]),
    "string_too_long": lambda ctx: Message("at most {n} characters", n=ctx["max_length"]),
    "string_pattern_mismatch": lambda ctx: PATTERN_HELP[ctx["pattern"]],
    "union_tag_invalid": lambda ctx: Message("one of {choices}", choices=split_tags(ctx)),
    "literal_error": lambda ctx: parse_choices(ctx["expected"]),
}
"""The expectation behind each of pydantic's error types; a type that is not here keeps pydantic's English words."""


def describe_expected(found: ErrorDetails) -> Message:
    describe = EXPECTED.get(found["type"])
    if describe is None:
        return Message.of(found["msg"].removeprefix("Input should be ").rstrip("."))
    return describe(found.get("ctx", {}))


def format_bound(value: float) -> int | float:
    """A bound without a needless fraction: 1, not 1.0."""
    return int(value) if float(value).is_integer() else value


def split_tags(ctx: Mapping[str, Any]) -> list[str]:
    """The kinds of a family, from pydantic's "'a', 'b'"."""
    return [tag.strip(" '") for tag in ctx["expected_tags"].split(",")]


def parse_choices(listed: str) -> Message:
    """The options of a field, from pydantic's "'a', 'b' or 'c'"."""
    before, _or, last = listed.rpartition(" or ")
    return join_choices([before, last]) if before else Message.of(listed)


def explain(error: ValidationError, data: Any) -> InvalidExperiment:
    """The first of pydantic's findings as an error, the others as its `also`."""
    # pydantic stops at nothing: a person sees everything that is wrong at once.
    first, *others = (one for each in error.errors(include_url=False) for one in explain_finding(each, data))
    first.also = tuple(others)
    return first


def explain_finding(found: ErrorDetails, data: Any) -> list[InvalidExperiment]:
    """One of pydantic's findings; `IncompatibleFields` gives one for each of its fields."""
    context, kind = found.get("ctx", {}), found["type"]
    if kind == "value_error" and isinstance(context["error"], IncompatibleFields):
        given = data if isinstance(data, dict) else {}
        wanted = context["error"].expected.items()
        return [InvalidExperiment(f"$.{field}", expected, abbreviate(given.get(field))) for field, expected in wanted]
    received: Message | str | int | float = show_received(found["input"])
    hint = NOTHING
    if kind == "union_tag_invalid":
        received = abbreviate(context["tag"])
        hint = suggest_names(get_close_matches(str(context["tag"]), split_tags(context), 1))
    elif kind in ("missing", "union_tag_not_found"):
        received = Message("none")
    elif kind == "json_invalid":  # nested too deep, or half a surrogate pair: Python reads it, nobody else
        hint = Message.of(found["msg"].removeprefix("Input should be ").rstrip("."))
    return [InvalidExperiment(format_path(found["loc"], data), describe_expected(found), received, hint)]


def show_received(value: object) -> str | int | float:
    """The value received: a number as such, all else as a short text."""
    number = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15
    return value if number else abbreviate(value)  # type: ignore[return-value]


def format_path(location: tuple[int | str, ...], data: Any) -> str:
    """`$.network[1].width` from pydantic's location, which also names the tags of the unions that it went through."""
    path = "$"
    for step in location:
        if isinstance(data, dict) and step not in data and data.get("kind") == step:
            continue
        plain = isinstance(step, str) and step.isidentifier() and len(step) <= 60
        path += f".{step}" if plain else f"[{abbreviate(step)}]"
        if isinstance(data, list) and isinstance(step, int) and step < len(data):
            data = data[step]
        elif isinstance(data, dict):
            data = data.get(str(step))
    return path
