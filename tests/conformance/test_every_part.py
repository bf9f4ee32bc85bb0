"""What holds for every part of every family, found by itself."""

from __future__ import annotations

import inspect
import json
import math
import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from engine.catalogue.part import Part, families
from engine.errors import InvalidExperiment
from engine.experiment.experiment import Experiment
from tests.conformance.placing import PARTS, PLACED, document, found_in, kind_of, label, path

every_part = pytest.mark.parametrize("part", PARTS, ids=label)
every_placed_part = pytest.mark.parametrize("part", PLACED, ids=label)


def numeric(part: type[Part]) -> dict[str, FieldInfo]:
    """The part's fields that hold numbers."""
    return {name: field for name, field in part.model_fields.items() if field.annotation in (int, float)}


NUMBERS = [(part, name) for part in PLACED for name in numeric(part)]
every_number = pytest.mark.parametrize(("part", "name"), NUMBERS, ids=[f"{label(p)}.{n}" for p, n in NUMBERS])


def test_the_catalogue_holds_every_file() -> None:
    root = Path(__file__).parents[2]
    folders = {name: root.joinpath(*package.split(".")) for name, package in families().items()}
    files = {(name, file.stem) for name, folder in folders.items() for file in folder.glob("[!_]*.py")}
    assert {(part.family, kind_of(part)) for part in PARTS} == files
    assert len(files) > 50
    assert len(NUMBERS) > 40


@every_part
def test_kind_is_the_name_of_the_file(part: type[Part]) -> None:
    assert Path(inspect.getfile(part)).stem == kind_of(part)
    assert Path(inspect.getfile(part)).parent.name == part.family


@every_placed_part
def test_json_round_trip(part: type[Part]) -> None:
    start = Experiment.from_dict(document(part))
    own = found_in(start, part)
    assert type(own) is part
    again = Experiment.from_json(start.to_json())
    assert again == start
    assert again.digest == start.digest
    assert json.loads(own.model_dump_json())["kind"] == kind_of(part)
    everything = json.loads(own.model_dump_json())
    assert {name for name, field in part.model_fields.items() if not field.exclude_if} <= set(everything)
    assert set(everything) <= set(part.model_fields)
    assert Experiment.from_dict(document(part, **everything)) == start


@pytest.mark.parametrize("part", [part for part in PARTS if part not in PLACED], ids=label)
def test_a_part_that_stands_in_no_experiment_has_a_json_form(part: type[Part]) -> None:
    start = part()
    assert part.model_validate_json(start.model_dump_json()) == start
    with pytest.raises(ValidationError):
        part.model_validate({"nonsense": 1})


@every_part
def test_it_says_what_it_is_and_where_it_is_from(part: type[Part]) -> None:
    text = inspect.getdoc(part)
    assert text
    assert text != inspect.getdoc(part.__mro__[1]), "an own docstring"
    first = text.splitlines()[0]
    assert first == part.summary()
    assert 10 < len(first) <= 120
    assert first.rstrip().endswith((".", ":", ","))
    assert 2 <= len(part.title()) <= 40
    assert re.search(r"^Source: .+, \w.*(19|20)\d\d", text, re.MULTILINE), "who, title, year"


@every_part
def test_every_field_is_explained(part: type[Part]) -> None:
    for name, field in part.model_fields.items():
        if name != "kind":
            assert field.description, name
            assert field.description.endswith("."), name
            assert isinstance(field.json_schema_extra, dict), name
            assert {"unit", "log", "live"} <= field.json_schema_extra.keys(), name


@every_placed_part
def test_unknown_fields_and_wrong_types_are_refused(part: type[Part]) -> None:
    refused(document(part, nonsense=1), f"{path(part)}.nonsense")
    for name, field in part.model_fields.items():
        if name == "kind":
            continue
        wrong = (None, "no such word!", [1])
        for value in wrong[1:] if field.default is None else wrong:  # `of` may name any block: one that is not there
            if not (name == "of" and isinstance(value, str)):
                refused(document(part, **{name: value}), f"{path(part)}.{name}")


def refused(data: dict[str, Any], where: str) -> None:
    """The document is refused, there."""
    with pytest.raises(InvalidExperiment) as caught:
        Experiment.from_dict(data)
    assert caught.value.where == where
    assert str(caught.value).isprintable()


def bounds(field: FieldInfo) -> tuple[float, bool, float, bool]:
    """Lowest, whether it is itself allowed, highest, whether it is."""
    rules: dict[str, Any] = {}
    for rule in field.metadata:
        rules |= {name: getattr(rule, name) for name in ("ge", "gt", "le", "lt") if hasattr(rule, name)}
    assert {"ge", "gt"} & rules.keys(), "no lower bound"
    assert {"le", "lt"} & rules.keys(), "no upper bound"
    low, high = (rules[name] if name in rules else rules[open_] for name, open_ in (("ge", "gt"), ("le", "lt")))
    return low, "ge" in rules, high, "le" in rules


@every_number
def test_bounds(part: type[Part], name: str) -> None:
    field = numeric(part)[name]
    low, takes_low, high, takes_high = bounds(field)
    whole = field.annotation is int
    below = low - 1 if whole else math.nextafter(low, -math.inf)
    above = high + 1 if whole else math.nextafter(high, math.inf)
    for value in (below, above, *(() if takes_low else (low,)), *(() if takes_high else (high,))):
        refused(document(part, **{name: value}), f"{path(part)}.{name}")
    inside = [v for v, taken in ((low, takes_low), (high, takes_high)) if taken]
    for value in inside:
        kept = found_in(Experiment.from_dict(document(part, **{name: int(value) if whole else value})), part)
        assert getattr(kept, name) == value
    default = field.default
    assert low <= default <= high


@every_number
def test_no_number_is_refused(part: type[Part], name: str) -> None:
    wrong: list[Any] = [math.nan, math.inf, -math.inf, True, "1", 10**400]
    for value in wrong:
        refused(document(part, **{name: value}), f"{path(part)}.{name}")


@every_number
def test_log_axes_begin_above_zero_or_hold_it_as_off(part: type[Part], name: str) -> None:
    extra = numeric(part)[name].json_schema_extra
    assert isinstance(extra, dict)
    if extra["log"]:
        low, _, high, _ = bounds(numeric(part)[name])
        assert low >= 0
        assert numeric(part)[name].default > 0
        assert high / max(low, numeric(part)[name].default) > 1
