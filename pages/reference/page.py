"""The reference: every part of the catalogue, explained from its own docstring."""

from __future__ import annotations

import streamlit as st

from pages.form.part_help import find_part, name_part
from pages.reference.entry import draw_entry
from pages.reference.overview import draw_overview
from pages.session.i18n import _


def draw_page() -> None:
    """The entry that the address asks for, or all of them."""
    asked = st.query_params.get("part", "")
    part = find_part(asked) if asked else None
    if asked and part is None:
        st.warning(_("There is no entry of that name. Here are all of them."))
    if part is None:
        draw_overview()
    else:
        st.query_params["part"] = name_part(part)  # a link within the page leaves the address bare
        draw_entry(part)


draw_page()
