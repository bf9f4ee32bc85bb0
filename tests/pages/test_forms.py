"""Forms: every field of every part has a control, and whatever the control gives is a valid part."""

from __future__ import annotations

import json
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from engine.catalogue.part import catalogue, families, family
from engine.experiment.experiment import Experiment, Stopping
from pages.form.fields import choose_step, make_linear_stops, make_log_stops, read_specs
from tests.pages.messages import SHOWN

PARTS = [(name, kind) for name in families() for kind in catalogue(family(name))]


def form() -> None:
    """A page that is nothing but the form of one part; `values` is what it stands for."""
    from typing import Any  # noqa: F401  # this function becomes a script of its own

    import streamlit as st

    from engine.catalogue.part import catalogue, family
    from pages.form.part_form import Form

    def bind(path: Any, value: Any, wrap: Any = None) -> dict[str, Any]:
        key = "/".join(map(str, path))
        st.session_state[key] = value
        return {"key": key, "on_change": take, "args": (key, path, wrap)}

    def take(key: str, path: Any, wrap: Any) -> None:
        place, value = st.session_state["values"], st.session_state[key]
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = wrap(value) if wrap else value

    part = catalogue(family(st.session_state["family"]))[st.session_state["kind"]]
    Form(bind, lambda where: "").draw_fields(part, st.session_state["values"], ())


@pytest.mark.parametrize(("name", "kind"), PARTS)
def test_what_a_form_gives_is_a_valid_part(name: str, kind: str) -> None:
    part = catalogue(family(name))[kind]
    app = AppTest.from_function(form, default_timeout=20)
    app.session_state["family"], app.session_state["kind"] = name, kind
    app.session_state["values"] = part().model_dump(mode="json")
    app.run()
    assert not app.exception
    controls = all_of(app)
    assert {c.key.split("/")[0] for c in controls} == {spec.name for spec in read_specs(part)}
    for key, value in [(control.key, value) for control in controls for value in others(control, part)]:
        widget = next(w for w in all_of(app) if w.key == key)
        widget.set_value(value).run()
        assert not app.exception
        values = app.session_state["values"]
        again = part.model_validate_json(json.dumps(values))
        assert part.model_validate_json(again.model_dump_json()) == again


def all_of(app: AppTest) -> list[Any]:
    """Every control on the page."""
    return [*app.selectbox, *app.number_input, *app.select_slider, *app.toggle, *app.text_input]


def others(control: Any, part: Any) -> list[Any]:
    """Other values that a person may choose."""
    if control.type == "toggle":
        return [not control.value, control.value]
    spec = next(spec for spec in read_specs(part) if spec.name == control.key.split("/")[-1])
    if control.type == "number_input":
        more = control.value + control.step
        return [more if more < (spec.high or more + 1) else control.value - control.step]
    if control.type == "select_slider":
        stops = make_log_stops(spec, spec.default) if spec.log else make_linear_stops(spec, spec.default)
        return [stops[0], stops[-1], spec.default]
    if control.type == "text_input":
        return ["a", control.value]
    return [*spec.choices, *(catalogue(spec.family) if spec.family else ()), *([""] if spec.optional else [])]


@pytest.mark.parametrize(("name", "kind"), PARTS)
def test_every_stop_of_a_slider_is_a_valid_value(name: str, kind: str) -> None:
    part = catalogue(family(name))[kind]
    for spec in read_specs(part):
        if spec.sort != "number":
            continue
        stops = make_log_stops(spec, spec.default) if spec.log else make_linear_stops(spec, spec.default)
        for stop in stops:
            assert getattr(part.model_validate({spec.name: stop}), spec.name) == stop
        assert spec.default in stops or not stops
        assert choose_step(spec) > 0
        assert len(stops) <= 202


def test_the_fields_of_the_experiment_have_controls() -> None:
    sorts = {spec.name: spec.sort for spec in (*read_specs(Experiment, SHOWN), *read_specs(Stopping))}
    assert sorts["optimizer"] == "part"
    assert sorts["epochs"] == "integer"
    assert sorts["device"] == "choice"
    assert sorts["divergence"] == "flag"
