"""All runs: open, stop, delete; two or more in one chart."""

from __future__ import annotations

import streamlit as st

from engine.errors import PlaygroundError
from engine.store.reader import RunRow
from engine.store.tables import FINAL
from pages.ui import finding, naming, state
from pages.ui.charts import overlay
from pages.ui.enlarge import CONFIG
from pages.ui.exporting import bring
from pages.ui.fleet import fleet, reader
from pages.ui.listing import listing
from pages.ui.literal import literal
from pages.ui.mishap import mishap
from pages.ui.records import drawable
from pages.ui.sentences import sentence
from pages.ui.settings import chart_colors
from pages.ui.text import _, spoken
from pages.ui.words import words

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
    found = finding.matching(rows)
    actions(chosen, len({row.id for row in chosen} - {row.id for row in found}))
    if notice := state.notice():
        st.warning(literal(sentence(notice)))
    finding.field()
    show = listing if found else finding.nothing
    show(found)
    if chosen:
        curves(chosen)


def empty() -> None:
    """There are no runs yet."""
    with st.container(key="empty", horizontal_alignment="center"):
        st.markdown(f"### {_('No runs yet')}", text_alignment="center", width="content")
        st.caption(_("Every network that learns in the playground is listed here, with its numbers and curves."))
        st.page_link("train.py", label=_("Open the playground"), icon=":material/neurology:")
        if st.button(_("Import"), icon=":material/upload:", key="import"):
            bring()


def actions(chosen: list[RunRow], hidden: int) -> None:
    """The buttons; each says how many runs it is about by being on or off."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        one = len(chosen) == 1 and not chosen[0].damage
        if st.button(_("Open"), icon=":material/open_in_new:", disabled=not one, key="open", type="primary"):
            st.switch_page("train.py", query_params={"run": chosen[0].id, "lang": spoken()})
        if st.button(_("Name"), icon=":material/edit:", disabled=len(chosen) != 1, key="name"):
            st.dialog(_("A name for the run"))(naming.ask)(chosen[0])
        alive = [row.id for row in chosen if row.state not in FINAL]
        if st.button(_("Stop"), icon=":material/stop:", disabled=not alive, key="stop"):
            each(alive, delete=False)
        if st.button(_("Delete"), icon=":material/delete:", disabled=not chosen, key="delete"):
            st.dialog(_("Delete runs?"))(confirm)([row.id for row in chosen])
        if st.button(_("Import"), icon=":material/upload:", key="import"):
            bring()
        st.caption(finding.counted(len(chosen), hidden, MOST), width="stretch")


def confirm(ids: list[str]) -> None:
    """The question before deleting."""
    state.language()
    st.markdown(_("{n} runs and everything recorded of them will be gone for good.", n=len(ids)))
    with st.container(horizontal=True):
        if st.button(_("Delete for good"), type="primary", key="confirmed"):
            each(ids, delete=True)
        if st.button(_("Keep them"), key="kept"):
            st.rerun()


def each(ids: list[str], *, delete: bool) -> None:
    """Stop or delete some runs, then draw the page anew."""
    try:
        for run in ids:
            fleet().delete(run) if delete else fleet().stop(run)
    except PlaygroundError as error:
        state.remember(notice=error)
    if delete:
        state.remember(chosen=[])
    st.rerun()


def curves(chosen: list[RunRow]) -> None:
    """The chosen runs in one chart: train solid, validation dashed."""
    names = {"loss": _("Loss"), "metric": _("Metric"), "update_ratio": _("Update ratio")}
    what = st.segmented_control(
        _("Quantity"), list(names), required=True, default="loss", format_func=names.__getitem__, key="quantity"
    )
    lines = _("Solid: training data. Dashed: validation data.")
    st.caption(_("Median over the layers.") if what == "update_ratio" else lines)
    records = [
        found
        for row in chosen[:MOST]
        if (found := drawable(row, f"{row.name or words(row.edited, spoken())} · {row.id[:4]}"))
    ]
    chart = overlay(records, str(what), chart_colors(st.context.theme.type))
    st.plotly_chart(chart, theme=None, height=440, config=CONFIG, key="compared", alt=_("Curves of the chosen runs"))


page()
