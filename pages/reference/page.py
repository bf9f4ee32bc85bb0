"""The reference: every part of the catalogue, explained from its own docstring."""

from __future__ import annotations

import streamlit as st

from pages.form.part_help import find, name_of
from pages.reference.entry import entry
from pages.reference.overview import overview
from pages.session.i18n import _


def page() -> None:
    """The entry that the address asks for, or all of them."""
    asked = st.query_params.get("part", "")
    part = find(asked) if asked else None
    if asked and part is None:
        st.warning(_("There is no entry of that name. Here are all of them."))
    if part is None:
        overview()
    else:
        st.query_params["part"] = name_of(part)  # a link within the page leaves the address bare
        entry(part)


page()
