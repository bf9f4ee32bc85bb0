"""The playground: choose on the left, watch on the right."""

from __future__ import annotations

import streamlit as st

from engine.errors import PlaygroundError
from engine.experiment.experiment import Experiment
from pages.dialogs.enlarge import enlarge
from pages.form import uploads
from pages.playground.controls import sidebar
from pages.playground.live_view import live
from pages.session import state
from pages.session.i18n import _
from pages.session.literal import literal
from pages.session.messages import sentence


def page() -> None:
    """One run, from the first second."""
    try:
        row = state.open_page()
    except PlaygroundError as error:
        st.error(literal(sentence(error)), icon=":material/error:")
        return
    if state.memory("broken_link"):
        st.warning(
            literal(uploads.explain_missing_file())
            or _("This link holds no whole experiment; it may have been cut. Here is the usual one.")
        )
        state.remember(broken_link=None, notice=None)
    experiment: Experiment = state.memory("accepted")
    asked = live(state.shown_run(), experiment)  # first: the browser draws it while the rest is on its way
    with st.sidebar:
        sidebar()
    if asked.command:
        state.command(asked.command["do"])
        st.rerun()
    if asked.token:
        state.remember(**{"pass": ("", "", 0.0)})
        st.rerun()
    if asked.enlarge and row is not None:
        enlarge(asked.enlarge["panel"])


page()
