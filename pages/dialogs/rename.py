"""The dialog in which a run gets its name."""

from __future__ import annotations

import streamlit as st

from engine.errors import PlaygroundError
from engine.store import run_names
from engine.store.reader import RunRow
from pages.session import state
from pages.session.engine import get_fleet
from pages.session.i18n import _


def ask_name(row: RunRow) -> None:
    """The name as it is, to be changed; an empty one takes it away."""
    state.apply_language()
    with st.form("naming", border=False):
        wish = st.text_input(_("Name"), row.name, max_chars=run_names.LONGEST, key=f"name_{row.id}")
        if st.form_submit_button(_("Save"), type="primary", key="named"):
            try:
                get_fleet().rename(row.id, wish or "")
            except PlaygroundError as error:
                state.remember(notice=error)
            st.rerun()
