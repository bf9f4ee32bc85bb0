"""The row of small buttons under the presets: what can be done with the experiment or its run besides training."""

from __future__ import annotations

import streamlit as st

from pages.ui.exporting import export
from pages.ui.text import _


def tools() -> None:
    """The row."""
    entries = ((_("Export"), ":material/download:", export),)
    with st.container(horizontal=True, gap="small", key="tools"):
        for label, icon, opened in entries:
            if st.button(label, icon=icon, key=f"tool_{opened.__name__}", width="stretch"):
                opened()
