"""One entry of the reference: made from the part's docstring and fields."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import streamlit as st
from pydantic import ValidationError

from engine.catalogue.docstring import parse_docstring
from engine.catalogue.part import Part
from engine.errors import InvalidExperiment
from engine.experiment.validation import explain
from pages.form.fields import Spec, specs
from pages.form.part_form import Form, make_title
from pages.form.part_help import capitalize, everything, family_title, kind_of, lead, plain, section, text, title
from pages.reference.illustration import sketch
from pages.reference.overview import link
from pages.session import state
from pages.session.i18n import _, current_language, number, pgettext
from pages.session.messages import sentence


def entry(part: type[Part]) -> None:
    """The whole entry: what it is on the left, the picture with its controls on the right, the fields below."""
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="crumbs"):
        st.page_link("reference/page.py", label=_("Reference"), icon=":material/arrow_back:", query_params=here())
        st.caption(family_title(part.family), width="content")
    st.markdown(f"## {title(part)}")
    st.markdown(plain(capitalize(lead(part))))
    words, picture = st.columns([6, 5], gap="large")
    with words:
        draw_explanation(part)
    with picture:
        draw_tryout(part)
    table(part)
    with st.container(key="source"):
        st.caption(f"**{_('Source')}** · {plain(parse_docstring(part)['Source'])}")
    others(part)


def here() -> dict[str, str]:
    """What the address keeps."""
    return {"lang": current_language()}


def draw_explanation(part: type[Part]) -> None:
    """The formula and what is said of the part."""
    if formula := parse_docstring(part)["Formula"]:
        with st.container(border=True, key="formula"):
            st.latex(formula)
    if body := text(part):
        st.markdown(plain(capitalize(body)))
    for name, heading in (
        ("Difference", _("Beside the others")),
        ("Use", _("When to use it")),
        ("Trouble", _("What goes wrong")),
        ("Reading", _("How to read it")),
        ("Shape", _("Shape")),
        ("Cost", _("Cost")),
    ):
        if words := section(part, name):
            st.markdown(f"**{heading}**  \n{plain(capitalize(words))}")


def draw_tryout(part: type[Part]) -> None:
    """The part's own controls, and the picture that follows them."""
    name = f"{part.family}.{kind_of(part)}"
    values = state.recall_tryout(name, part().model_dump(mode="json"))
    state.remember(**{f"tried.{name}": values})
    made, fault = make_part(part, values)
    form = Form(state.try_out, lambda where: find_fault(fault, where.removeprefix(f"$.{name}")))
    with st.container(key="picture"):
        if made is not None:
            sketch(made)
        chosen = tuple(spec for spec in specs(part) if spec.name != "label")
        if chosen and part.family != "probes":
            form.fields(part, values, (name,), only=[spec.name for spec in chosen])


def make_part(part: type[Part], values: dict[str, Any]) -> tuple[Part | None, InvalidExperiment | None]:
    """The part with these values, or what is wrong with them."""
    try:
        return part.model_validate_json(json.dumps(values)), None
    except ValidationError as error:
        return None, explain(error, values)


def find_fault(fault: InvalidExperiment | None, where: str) -> str:
    """What to say under a field."""
    return sentence(fault) if fault and fault.where == f"${where}" else ""


def table(part: type[Part]) -> None:
    """The fields: default, bounds, unit, meaning."""
    rows = [row(spec) for spec in specs(part)] if part.family != "probes" else []
    if rows:
        st.markdown(f"##### {_('Fields')}")
        st.table(pd.DataFrame(rows), border="horizontal", hide_index=True)


def row(spec: Spec) -> dict[str, str]:
    """One field."""
    return {
        _("Field"): pgettext("field", spec.label),
        _("Default"): default(spec),
        _("Bounds"): bounds(spec),
        _("Meaning"): plain(_(spec.help)),
    }


def default(spec: Spec) -> str:
    """A field's default in words."""
    value = spec.default
    if value is None:
        return _(spec.none) or "–"
    if isinstance(value, Part) and spec.family:
        return make_title(spec.family)(value.name())
    if isinstance(value, bool):
        return _("on") if value else _("off")
    if spec.sort == "choice":
        return pgettext("choice", value)
    return (number(value, 6) if isinstance(value, int | float) else value) or "–"


def bounds(spec: Spec) -> str:
    """The values that a field takes."""
    if spec.sort == "choice":
        return " · ".join(pgettext("choice", option) for option in spec.choices)
    if spec.low is None and spec.high is None:
        return "–"
    low = f"{'>' if spec.above else '≥'} {number(spec.low, 6)}" if spec.low is not None else ""
    high = f"{'<' if spec.below else '≤'} {number(spec.high, 6)}" if spec.high is not None else ""
    return plain(", ".join(filter(None, [low, high]))) + (f" {pgettext('unit', spec.unit)}" if spec.unit else "")


def others(part: type[Part]) -> None:
    """The rest of the family."""
    rest = [other for other in everything()[part.family] if other is not part]
    st.markdown(f"##### {_('Also here')}")
    with st.container(horizontal=True, gap="small", key="others"):
        for other in rest:
            link(other, title(other))
