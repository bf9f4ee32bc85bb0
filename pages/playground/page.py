"""The playground: choose on the left, watch on the right."""

from __future__ import annotations

import streamlit as st

from engine.errors import PlaygroundError
from engine.experiment.experiment import Experiment
from pages.dialogs.enlarge import enlarge
from pages.form import uploads
from pages.playground.controls import draw_sidebar
from pages.playground.live_view import mount_live_view
from pages.session import state
from pages.session.i18n import _
from pages.session.literal import escape_markdown
from pages.session.messages import translate_error


def draw_page() -> None:
    """One run, from the first second."""
    try:
        row = state.open_page()
    except PlaygroundError as error:
        st.error(escape_markdown(translate_error(error)), icon=":material/error:")
        return
    if state.recall("broken_link"):
        st.warning(
            escape_markdown(uploads.explain_missing_file())
            or _("This link holds no whole experiment; it may have been cut. Here is the usual one.")
        )
        state.remember(broken_link=None, notice=None)
    experiment: Experiment = state.recall("accepted")
    asked = mount_live_view(
        state.get_shown_run(), experiment
    )  # first: the browser draws it while the rest is on its way
    with st.sidebar:
        draw_sidebar()
    if asked.command:
        state.run_command(asked.command["do"])
        st.rerun()
    if asked.token:
        # The server did not take it, as after its secret was lost; the next one is signed anew.
        state.remember(**{"pass": ("", "", 0.0)})
        st.rerun()
    if asked.enlarge and row is not None:
        enlarge(asked.enlarge["panel"])


draw_page()
