"""The script that Streamlit runs: page settings, language, menu, and then the page that was asked for."""

from __future__ import annotations

import streamlit as st

from pages.navigation import list_pages
from pages.session import state
from pages.session.i18n import LANGUAGES, _
from pages.settings import ASSETS

st.set_page_config("Training Playground", ASSETS / "icon.svg", "wide", initial_sidebar_state=320)
language = state.apply_language()
st.html(ASSETS / "theme.css")
entries = [
    st.Page(
        f"{folder}/page.py", title=_(entry.title), icon=f":material/{entry.icon}:", url_path=folder, default=not nth
    )
    for nth, (folder, entry) in enumerate(list_pages().items())
]
chosen = st.navigation(entries, position="top")
with st.container(key="language"):
    st.session_state["spoken"] = language
    st.segmented_control(
        _("Language"),
        LANGUAGES,
        required=True,
        format_func=str.upper,
        label_visibility="collapsed",
        key="spoken",
        on_change=state.choose_language,
        args=("spoken",),
    )
chosen.run()
