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
from pages.form.fields import FieldSpec, read_specs
from pages.form.part_form import Form, make_title
from pages.form.part_help import (
    capitalize,
    escape_signs,
    list_parts,
    name_family,
    read_kind,
    read_section,
    read_summary,
    read_text,
    translate_part_title,
)
from pages.reference.illustration import draw_part
from pages.reference.overview import draw_link
from pages.session import state
from pages.session.i18n import _, current_language, format_number, pgettext
from pages.session.messages import translate_error


def draw_entry(part: type[Part]) -> None:
    """The whole entry: what it is on the left, the picture with its controls on the right, the fields below."""
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="crumbs"):
        st.page_link(
            "reference/page.py", label=_("Reference"), icon=":material/arrow_back:", query_params=keep_language()
        )
        st.caption(name_family(part.family), width="content")
    st.markdown(f"## {translate_part_title(part)}")
    st.markdown(escape_signs(capitalize(read_summary(part))))
    words, picture = st.columns([6, 5], gap="large")
    with words:
        draw_explanation(part)
    with picture:
        draw_tryout(part)
    draw_table(part)
    with st.container(key="source"):
        st.caption(f"**{_('Source')}** · {escape_signs(parse_docstring(part)['Source'])}")
    draw_others(part)


def keep_language() -> dict[str, str]:
    """What the address keeps."""
    return {"lang": current_language()}


def draw_explanation(part: type[Part]) -> None:
    """The formula and what is said of the part."""
    if formula := parse_docstring(part)["Formula"]:
        with st.container(border=True, key="formula"):
            st.latex(formula)
    if body := read_text(part):
        st.markdown(escape_signs(capitalize(body)))
    for name, heading in (
        ("Difference", _("Beside the others")),
        ("Use", _("When to use it")),
        ("Trouble", _("What goes wrong")),
        ("Reading", _("How to read it")),
        ("Shape", _("Shape")),
        ("Cost", _("Cost")),
    ):
        if words := read_section(part, name):
            st.markdown(f"**{heading}**  \n{escape_signs(capitalize(words))}")


def draw_tryout(part: type[Part]) -> None:
    """The part's own controls, and the picture that follows them."""
    name = f"{part.family}.{read_kind(part)}"
    values = state.recall_tryout(name, part().model_dump(mode="json"))
    state.remember(**{f"tried.{name}": values})
    made, fault = make_part(part, values)
    form = Form(state.bind_tryout, lambda where: find_fault(fault, where.removeprefix(f"$.{name}")))
    with st.container(key="picture"):
        if made is not None:
            draw_part(made)
        # A label changes no picture.
        chosen = tuple(spec for spec in read_specs(part) if spec.name != "label")
        if chosen and part.family != "probes":
            form.draw_fields(part, values, (name,), only=[spec.name for spec in chosen])


def make_part(part: type[Part], values: dict[str, Any]) -> tuple[Part | None, InvalidExperiment | None]:
    """The part with these values, or what is wrong with them."""
    try:
        return part.model_validate_json(json.dumps(values)), None
    except ValidationError as error:
        return None, explain(error, values)


def find_fault(fault: InvalidExperiment | None, where: str) -> str:
    """What to say under a field."""
    return translate_error(fault) if fault and fault.where == f"${where}" else ""


def draw_table(part: type[Part]) -> None:
    """The fields: default, bounds, unit, meaning."""
    rows = [make_row(spec) for spec in read_specs(part)] if part.family != "probes" else []
    if rows:
        st.markdown(f"##### {_('Fields')}")
        st.table(pd.DataFrame(rows), border="horizontal", hide_index=True)


def make_row(spec: FieldSpec) -> dict[str, str]:
    """One field."""
    return {
        _("Field"): pgettext("field", spec.label),
        _("Default"): format_default(spec),
        _("Bounds"): format_bounds(spec),
        _("Meaning"): escape_signs(_(spec.help)),
    }


def format_default(spec: FieldSpec) -> str:
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
    return (format_number(value, 6) if isinstance(value, int | float) else value) or "–"


def format_bounds(spec: FieldSpec) -> str:
    """The values that a field takes."""
    if spec.sort == "choice":
        return " · ".join(pgettext("choice", option) for option in spec.choices)
    if spec.low is None and spec.high is None:
        return "–"
    low = f"{'>' if spec.above else '≥'} {format_number(spec.low, 6)}" if spec.low is not None else ""
    high = f"{'<' if spec.below else '≤'} {format_number(spec.high, 6)}" if spec.high is not None else ""
    return escape_signs(", ".join(filter(None, [low, high]))) + (f" {pgettext('unit', spec.unit)}" if spec.unit else "")


def draw_others(part: type[Part]) -> None:
    """The rest of the family."""
    rest = [other for other in list_parts()[part.family] if other is not part]
    st.markdown(f"##### {_('Also here')}")
    with st.container(horizontal=True, gap="small", key="others"):
        for other in rest:
            draw_link(other, translate_part_title(other))
