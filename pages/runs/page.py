"""All runs: open, stop, delete; two or more in one chart."""

from __future__ import annotations

import streamlit as st

from engine.catalogue.part import catalogue
from engine.errors import PlaygroundError
from engine.parts.probes import Probe
from engine.store.reader import RunRow
from pages.dialogs.enlarge import CONFIG
from pages.dialogs.export import bring
from pages.figures.charts import overlay
from pages.figures.outcomes import EPOCHS
from pages.form.part_help import title
from pages.form.store_notice import mishap
from pages.runs import search
from pages.runs.actions import actions
from pages.runs.listing import listing
from pages.session import state
from pages.session.engine import reader
from pages.session.experiment_title import words
from pages.session.i18n import _, current_language
from pages.session.literal import literal
from pages.session.messages import sentence
from pages.session.run_records import drawable
from pages.settings import chart_colors

MOST = 8  # runs in one chart: more colors cannot be told apart


def page() -> None:
    """The list, what can be done with the chosen runs, and their curves."""
    mishap()
    try:
        rows = reader().runs(300)
    except PlaygroundError as error:
        st.error(literal(sentence(error)), icon=":material/error:")
        return
    if not rows:
        empty()
        return
    chosen = [row for row in rows if row.id in state.memory("chosen", [])]
    found = search.filter_runs(rows)
    actions(chosen, len({row.id for row in chosen} - {row.id for row in found}), MOST)
    if notice := state.notice():
        st.warning(literal(sentence(notice)))
    search.field()
    show = listing if found else search.nothing
    show(found)
    if chosen:
        curves(chosen)


def empty() -> None:
    """There are no runs yet."""
    with st.container(key="empty", horizontal_alignment="center"):
        st.markdown(f"### {_('No runs yet')}", text_alignment="center", width="content")
        st.caption(_("Every network that learns in the playground is listed here, with its numbers and curves."))
        st.page_link("playground/page.py", label=_("Open the playground"), icon=":material/neurology:")
        if st.button(_("Import"), icon=":material/upload:", key="import"):
            bring()


def curves(chosen: list[RunRow]) -> None:
    """The chosen runs in one chart: train solid, validation dashed."""
    names = {"loss": _("Loss"), "metric": _("Metric")}
    names |= {kind: title(probe) for kind, probe in catalogue(Probe).items() if probe.compares_runs}
    what = st.segmented_control(
        _("Quantity"), list(names), required=True, default="loss", format_func=names.__getitem__, key="quantity"
    )
    lines = _("Solid: training data. Dashed: validation data.")
    st.caption(_("Median over the layers.") if str(what) not in EPOCHS else lines)
    records = [
        found
        for row in chosen[:MOST]
        if (found := drawable(row, f"{row.name or words(row.edited, current_language())} · {row.id[:4]}"))
    ]
    chart = overlay(records, str(what), chart_colors(st.context.theme.type))
    st.plotly_chart(chart, theme=None, height=440, config=CONFIG, key="compared", alt=_("Curves of the chosen runs"))


page()
