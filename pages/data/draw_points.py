"""Points drawn with the mouse, as a data set."""

from __future__ import annotations

from typing import Any

import streamlit as st

from engine.errors import InvalidExperiment
from pages.form import uploads
from pages.form.component import locate_source, register_component
from pages.session import state
from pages.session.i18n import _, read_live_texts
from pages.session.literal import escape_markdown
from pages.session.messages import translate_error

EMPTY = {"drawn": "", "task": "classification"}


def draw_pad() -> None:
    """The pad, and the button that trains on what is on it."""
    drawn = recall_drawing()
    left, right = st.columns([3, 2], gap="large")
    with left:
        texts = {key: _(text) for key, text in read_live_texts().items() if key.startswith("pad_")}
        shown = {**drawn, "source": locate_source("controls/pad"), "texts": texts}
        register_component("controls/pad")(key="pad", data=shown, on_drawn_change=store_stroke)
    with right:
        st.markdown(f"**{_('Draw a problem for the network')}**")
        st.caption(_("Click or drag to set points; the spray scatters some around. Two classes or more, or values."))
        st.caption(_("The points become part of the experiment: its link and its file carry them."))
        if st.button(_("Use these points"), type="primary", icon=":material/neurology:", key="use_points"):
            data = {"kind": "points", "drawn": drawn["drawn"], "task": drawn["task"]}
            draw_error(uploads.open_with_data(data))


def recall_drawing() -> dict[str, Any]:
    """What is on the pad: what was drawn in this session, unless the experiment has got other points since then."""
    data = (state.get_draft() or {}).get("data", {})
    drawn = state.recall("drawn") or {**EMPTY, "stamp": "0"}
    if data.get("kind") == "points" and data != state.recall("drawn_of"):
        drawn = {"drawn": data["drawn"], "task": data["task"], "stamp": str(hash(data["drawn"]))}
        state.remember(drawn_of=data)
    state.remember(drawn=drawn)
    return drawn


def store_stroke() -> None:
    """A stroke has ended."""
    stroke = state.read_control("pad")["drawn"]
    if stroke:
        kept = state.recall("drawn") or {**EMPTY, "stamp": "0"}
        state.remember(drawn={**kept, "drawn": stroke["drawn"], "task": stroke["task"]})


def draw_error(error: InvalidExperiment | None) -> None:
    """What is wrong, if anything is."""
    if error is not None:
        st.error(escape_markdown(translate_error(error)), icon=":material/error:")
