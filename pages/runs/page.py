"""All runs: open, stop, delete; two or more in one chart."""

from __future__ import annotations

import streamlit as st

from engine.catalogue.part import catalogue
from engine.errors import PlaygroundError
from engine.parts.probes import Probe
from engine.store.reader import RunRow
from pages.dialogs.enlarge import CONFIG
from pages.dialogs.export import open_import
from pages.figures.charts import overlay_runs
from pages.figures.outcomes import EPOCHS
from pages.form.part_help import translate_part_title
from pages.form.store_notice import draw_store_notice
from pages.runs import search
from pages.runs.actions import draw_actions
from pages.runs.listing import draw_listing
from pages.session import state
from pages.session.engine import get_reader
from pages.session.experiment_title import describe_experiment
from pages.session.i18n import _, current_language
from pages.session.literal import escape_markdown
from pages.session.messages import translate_error
from pages.session.run_records import read_drawable
from pages.settings import get_chart_colors

MOST = 8  # runs in one chart: more colors cannot be told apart


def draw_page() -> None:
    """The list, what can be done with the chosen runs, and their curves."""
    draw_store_notice()
    try:
        rows = get_reader().list_runs(300)
    except PlaygroundError as error:
        st.error(escape_markdown(translate_error(error)), icon=":material/error:")
        return
    if not rows:
        draw_empty()
        return
    chosen = [row for row in rows if row.id in state.recall("chosen", [])]
    found = search.filter_runs(rows)
    draw_actions(chosen, len({row.id for row in chosen} - {row.id for row in found}), MOST)
    if notice := state.pop_notice():
        st.warning(escape_markdown(translate_error(notice)))
    search.draw_search_field()
    show = draw_listing if found else search.draw_nothing_found
    show(found)
    if chosen:
        draw_curves(chosen)


def draw_empty() -> None:
    """There are no runs yet."""
    with st.container(key="empty", horizontal_alignment="center"):
        st.markdown(f"### {_('No runs yet')}", text_alignment="center", width="content")
        st.caption(_("Every network that learns in the playground is listed here, with its numbers and curves."))
        st.page_link("playground/page.py", label=_("Open the playground"), icon=":material/neurology:")
        if st.button(_("Import"), icon=":material/upload:", key="import"):
            open_import()


def draw_curves(chosen: list[RunRow]) -> None:
    """The chosen runs in one chart: train solid, validation dashed."""
    names = {"loss": _("Loss"), "metric": _("Metric")}
    names |= {kind: translate_part_title(probe) for kind, probe in catalogue(Probe).items() if probe.compares_runs}
    what = st.segmented_control(
        _("Quantity"), list(names), required=True, default="loss", format_func=names.__getitem__, key="quantity"
    )
    lines = _("Solid: training data. Dashed: validation data.")
    st.caption(_("Median over the layers.") if str(what) not in EPOCHS else lines)
    records = [
        found
        for row in chosen[:MOST]
        if (
            found := read_drawable(
                row, f"{row.name or describe_experiment(row.edited, current_language())} · {row.id[:4]}"
            )
        )
    ]
    chart = overlay_runs(records, str(what), get_chart_colors(st.context.theme.type))
    st.plotly_chart(chart, theme=None, height=440, config=CONFIG, key="compared", alt=_("Curves of the chosen runs"))


draw_page()
