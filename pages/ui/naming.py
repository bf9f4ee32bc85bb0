"""The dialog in which a run gets its name."""

from __future__ import annotations

import streamlit as st

from engine import naming
from engine.errors import PlaygroundError
from engine.store.reader import RunRow
from pages.ui import state
from pages.ui.fleet import fleet
from pages.ui.text import _


def ask(row: RunRow) -> None:
    """The name as it is, to be changed; an empty one takes it away."""
    state.language()
    with st.form("naming", border=False):
        wish = st.text_input(_("Name"), row.name, max_chars=naming.LONGEST, key=f"name_{row.id}")
        if st.form_submit_button(_("Save"), type="primary", key="named"):
            try:
                fleet().rename(row.id, wish or "")
            except PlaygroundError as error:
                state.remember(notice=error)
            st.rerun()
