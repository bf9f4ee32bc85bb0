"""Data of your own: a file, or points drawn on the plane."""

from __future__ import annotations

import streamlit as st

from pages.data.draw_points import draw_pad
from pages.data.upload import draw_upload
from pages.session import state
from pages.session.i18n import _

WAYS = ("file", "draw")


def draw_page() -> None:
    """The two ways to bring data."""
    asked = st.query_params.get("show", "")
    if asked in WAYS and asked != state.recall("way_asked"):
        state.remember(way=asked)
    state.remember(way_asked=asked)
    names = {"file": _("Upload a file"), "draw": _("Draw points")}
    way = st.segmented_control(
        _("Your data"),
        WAYS,
        required=True,
        format_func=names.__getitem__,
        label_visibility="collapsed",
        **state.bind_key("way", state.recall("way", "file"), lambda: state.remember(way=state.read_control("way"))),
    )
    if way == "draw":
        draw_pad()
    else:
        draw_upload()


draw_page()
