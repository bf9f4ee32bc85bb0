"""Points drawn with the mouse, as a data set."""

from __future__ import annotations

from typing import Any

import streamlit as st

from engine.errors import InvalidExperiment
from pages.form import uploads
from pages.form.component import component, source
from pages.session import state
from pages.session.i18n import _, live_texts
from pages.session.literal import literal
from pages.session.messages import sentence

EMPTY = {"drawn": "", "task": "classification"}


def draw() -> None:
    """The pad, and the button that trains on what is on it."""
    drawn = begun()
    left, right = st.columns([3, 2], gap="large")
    with left:
        texts = {key: _(text) for key, text in live_texts().items() if key.startswith("pad_")}
        shown = {**drawn, "source": source("controls/pad"), "texts": texts}
        component("controls/pad")(key="pad", data=shown, on_drawn_change=hear)
    with right:
        st.markdown(f"**{_('Draw a problem for the network')}**")
        st.caption(_("Click or drag to set points; the spray scatters some around. Two classes or more, or values."))
        st.caption(_("The points become part of the experiment: its link and its file carry them."))
        if st.button(_("Use these points"), type="primary", icon=":material/neurology:", key="use_points"):
            data = {"kind": "points", "drawn": drawn["drawn"], "task": drawn["task"]}
            tell(uploads.use(data))


def begun() -> dict[str, Any]:
    """What is on the pad: what was drawn in this session, unless the experiment has got other points since then."""
    data = (state.draft() or {}).get("data", {})
    drawn = state.memory("drawn") or {**EMPTY, "stamp": "0"}
    if data.get("kind") == "points" and data != state.memory("drawn_of"):
        drawn = {"drawn": data["drawn"], "task": data["task"], "stamp": str(hash(data["drawn"]))}
        state.remember(drawn_of=data)
    state.remember(drawn=drawn)
    return drawn


def hear() -> None:
    """A stroke has ended."""
    told = state.pick("pad")["drawn"]
    if told:
        kept = state.memory("drawn") or {**EMPTY, "stamp": "0"}
        state.remember(drawn={**kept, "drawn": told["drawn"], "task": told["task"]})


def tell(error: InvalidExperiment | None) -> None:
    """What is wrong, if anything is."""
    if error is not None:
        st.error(literal(sentence(error)), icon=":material/error:")
