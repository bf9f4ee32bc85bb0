"""Every part is explained, in both languages, and its fields can be searched."""

from __future__ import annotations

import re

import pytest

from engine.catalogue.docstring import parse_docstring
from engine.catalogue.part import Part, catalogue, family
from engine.catalogue.search_space import Choices, Range, list_domains
from pages.session.i18n import load_catalog
from tests.conformance.placing import PARTS, label

FORMULAS = {"activations", "initializers", "losses", "optimizers", "schedules", "regularizers", "transforms"}
SPOKEN = ("Difference", "Use", "Trouble", "Shape", "Unit", "Reading", "Cost")
NEUTRAL = re.compile(r"[\W\d_]*|.*=.*|SiLU.*|ReLU.*|Tanh.*|GELU.*|Adamax.*|Adadelta.*|RMSProp.*|Adagrad.*")
every_part = pytest.mark.parametrize("part", PARTS, ids=label)


@every_part
def test_it_says_when_to_use_it_what_goes_wrong_and_its_source(part: type[Part]) -> None:
    said = parse_docstring(part)
    for name in ("Use", "Trouble", "Source"):
        assert said[name], name
        assert said[name].endswith((".", "?", ")")), name
    assert said["Formula"] or part.family not in FORMULAS


@every_part
def test_its_formula_is_whole(part: type[Part]) -> None:
    formula = parse_docstring(part)["Formula"]
    assert formula.count("{") == formula.count("}")
    assert formula.count(r"\left") - formula.count(r"\leftarrow") == formula.count(r"\right") - formula.count(
        r"\rightarrow"
    )
    assert sorted(re.findall(r"\\begin\{(\w+)\}", formula)) == sorted(re.findall(r"\\end\{(\w+)\}", formula))
    assert "$" not in formula
    assert "\n" not in formula


@every_part
def test_spanish_says_all_of_it(part: type[Part]) -> None:
    said, spanish = parse_docstring(part), load_catalog("es")
    for text in filter(None, (said.summary, said.text, *(said[name] for name in SPOKEN))):
        there = spanish.pgettext("reference", text)
        assert there != text or NEUTRAL.fullmatch(text), text


@every_part
def test_every_field_has_a_domain_that_holds_its_default(part: type[Part]) -> None:
    found = list_domains(part)
    for name, field in part.model_fields.items():
        if name == "kind" or field.annotation is str:
            assert name not in found, "free texts have none"
            continue
        one, default = found[name], field.default
        if default is None:
            continue
        if isinstance(one, Range):
            assert one.low <= default <= one.high, name
            assert one.low < one.high, name
            assert not one.log or one.low > 0, name
            for value in (one.low, one.high):
                assert (
                    getattr(part.model_validate({name: int(value) if one.is_integer else float(value)}), name) == value
                )
        else:
            kind = default.name() if isinstance(default, Part) else default
            assert kind in one.values, name
            assert len(one.values) > 1, name


def test_domains_are_what_the_fields_say() -> None:
    adam = list_domains(catalogue(family("optimizers"))["adam"])
    assert adam["momentum"] == Range(0, 0.999)
    assert adam["lr"] == Range(3e-7, 30.0, log=True)
    conv = list_domains(catalogue(family("blocks"))["conv2d"])
    assert conv["stride"] == Range(1, 16, is_integer=True)
    assert conv["filters"] == Range(1, 1024, log=True, is_integer=True)
    assert isinstance(conv["activation"], Choices)
    assert "relu" in conv["activation"].values
    assert list_domains(catalogue(family("optimizers"))["sgd"])["nesterov"] == Choices((False, True))
