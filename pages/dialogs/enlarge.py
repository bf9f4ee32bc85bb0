"""A panel of the live picture as a large chart at rest, with zoom and downloads."""

from __future__ import annotations

import numpy as np
import streamlit as st

from engine.catalogue.part import catalogue
from engine.experiment.experiment import Experiment
from engine.frame import Channel
from engine.parts.probes import Probe
from engine.store.per_class import extract_class_metrics
from engine.store.reader import RunRow
from pages.figures import per_class
from pages.figures.panels import draw_panel, tabulate_panel
from pages.form.part_help import capitalize, read_section
from pages.session import state
from pages.session.engine import get_reader
from pages.session.experiment_title import name_classes
from pages.session.i18n import _, pgettext
from pages.session.literal import escape_html
from pages.session.run_records import read_record
from pages.settings import get_chart_colors

CONFIG = {
    "displaylogo": False,
    "scrollZoom": True,
    "displayModeBar": True,
    "modeBarButtonsToRemove": ["select2d", "lasso2d"],
}
TITLES = {"metric": "Metric", "output": "Output", "loss": "Loss"}


def enlarge(panel: str) -> None:
    """Opens the dialog for a panel: loss, metric, output, or a channel."""
    row = get_reader().read_run(state.get_shown_run())
    titles = {entry["key"]: entry["title"] for entry in row.channels} if row else {}
    title = _(TITLES.get(panel) or titles.get(panel, panel))
    st.dialog(escape_html(title), width="large", dismissible=True)(draw_large)(panel)


def draw_large(panel: str) -> None:
    """The chart, as the run is now."""
    state.apply_language()
    row = get_reader().read_run(state.get_shown_run())
    if row is None:
        return
    seen = read_record(row, row.id)
    # The live picture has one panel for both: with one input the output is a curve.
    if panel == "output" and "curve" in seen.channels:
        panel = "curve"
    name = f"{panel}-{row.id}"
    config = {**CONFIG, "toImageButtonOptions": {"format": "png", "filename": name, "scale": 2}}
    chart = draw_panel(seen, panel, get_chart_colors(st.context.theme.type))
    st.plotly_chart(chart, theme=None, height=540, config=config, key=f"large_{panel}")
    if panel in seen.channels and (reading := explain_channel(seen.channels[panel])):
        st.caption(escape_html(reading))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(_("Step {step}. The camera above the chart saves it as a picture.", step=row.step), width="stretch")
        csv = tabulate_panel(seen, panel).to_csv(index=False)
        icon = ":material/download:"
        st.download_button(_("Numbers as CSV"), csv, f"{name}.csv", "text/csv", icon=icon, on_click="ignore")
    if panel == "metric":
        draw_classes(row, seen.epochs.to_numpy(float))


def explain_channel(channel: Channel) -> str:
    """What the channel says of its picture, in the language spoken; for runs whose channels do not, the probe."""
    probe = catalogue(Probe).get(channel.key)
    if channel.reading or not probe:
        return capitalize(pgettext("reference", channel.reading)) if channel.reading else ""
    return capitalize(read_section(probe, "Reading"))


def draw_classes(row: RunRow, epochs: np.ndarray) -> None:
    """Below the metric of all examples that of each class, and which classes are taken for which."""
    found = extract_class_metrics(row.channels, epochs)
    if found is None or not len(found.recalls):
        return
    names, colors = (
        name_classes(Experiment.from_json(row.edited).data, found.names),
        get_chart_colors(st.context.theme.type),
    )
    chart = per_class.draw_recalls(found, names, colors)
    st.plotly_chart(chart, theme=None, height=320, config=CONFIG, key="recalls", alt=_("Recall of each class"))
    if found.confusion is not None:
        st.caption(_("Validation examples after the newest epoch: right class in rows, what was said in columns."))
        chart = per_class.draw_confusion(found, names, colors)
        tall = 160 + 30 * len(names)
        st.plotly_chart(chart, theme=None, height=tall, config=CONFIG, key="confusion", alt=_("Confusion matrix"))
