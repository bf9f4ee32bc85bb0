"""The script that Streamlit runs: page settings, language, menu, and then the page that was asked for."""

from __future__ import annotations

import streamlit as st

from pages.session import state
from pages.session.i18n import LANGUAGES, _
from pages.settings import ASSETS

st.set_page_config("Training Playground", ASSETS / "icon.svg", "wide", initial_sidebar_state=320)
language = state.language()
st.html(ASSETS / "theme.css")
chosen = st.navigation(
    [
        st.Page("playground/page.py", title=_("Playground"), icon=":material/neurology:", default=True),
        st.Page("data/page.py", title=_("Your data"), icon=":material/upload_file:", url_path="data"),
        st.Page("runs/page.py", title=_("Runs"), icon=":material/table_rows:", url_path="runs"),
        st.Page("reference/page.py", title=_("Reference"), icon=":material/menu_book:", url_path="reference"),
    ],
    position="top",
)
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
