"""A page for `test_literal`: nasty texts in everything that Streamlit draws, each in a container of its own."""

from __future__ import annotations

from collections.abc import Callable

import plotly.graph_objects as go
import streamlit as st

from pages.form.part_form import draw_complaint
from pages.session.literal import escape_html, escape_markdown
from tests.browser.nasty import TEXTS

DRAWN: dict[str, Callable[[str], object]] = {
    "markdown": lambda text: st.markdown(text),
    "heading": lambda text: st.markdown(f"### {text}"),
    "bold": lambda text: st.markdown(f"**{text}**"),
    "caption": lambda text: st.caption(text),
    "error": lambda text: st.error(text),
    "complaint": lambda text: draw_complaint(text),
    "button": lambda text: st.button(text, key=text),
}

for place, raw in enumerate(TEXTS):
    shown = escape_markdown(raw)
    for name, draw in DRAWN.items():
        with st.container(key=f"{name}-{place}"):
            draw(raw if name == "complaint" else shown)
with st.container(key="segments"):
    st.segmented_control("segments", range(len(TEXTS)), format_func=lambda n: escape_markdown(TEXTS[n]))
with st.container(key="choice"):
    st.selectbox("choice", range(len(TEXTS)), format_func=TEXTS.__getitem__)
with st.container(key="plot"):
    figure = go.Figure()
    for raw in TEXTS:
        figure.add_scatter(x=[0, 1], y=[0, 1], name=escape_html(raw))
    figure.update_layout(height=1200, showlegend=True)
    st.plotly_chart(figure)
