"""Figures of right and wrong answers class by class, at rest: numbers → plotly figure. No streamlit in here."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from engine.store.per_class import ClassMetrics
from pages.figures.charts import Colors, pick_ramp_color, style_axes
from pages.session.i18n import _

MOST_LINES = 10


def draw_recalls(found: ClassMetrics, names: Sequence[str], colors: Colors) -> go.Figure:
    """The recall of each class over the epochs; of many classes that of the ten with the lowest."""
    # A class without examples has no recall: 2 sorts it behind all that have one.
    figure, newest = go.Figure(), np.nan_to_num(found.recalls[-1], nan=2.0)
    chosen = sorted(np.argsort(newest, kind="stable")[:MOST_LINES].tolist())
    for turn, index in enumerate(chosen):
        line = {"color": pick_ramp_color(colors["layers"], turn, len(chosen)), "width": 2}
        figure.add_scatter(x=found.steps, y=found.recalls[:, index], name=names[index], line=line)
    figure = style_axes(figure, colors, _("step"), _("Recall of each class"), log=False)
    figure.update_yaxes(range=[-0.02, 1.02], tickformat=".0%")
    return figure


def draw_confusion(found: ClassMetrics, names: Sequence[str], colors: Colors) -> go.Figure:
    """The newest confusion matrix: a row for each right class, a column for each that was said; shade by the share of
    the row, so that rare classes show as well as frequent ones."""
    assert found.confusion is not None
    counts = found.confusion[-1]
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    tones = [[i / 2, tone] for i, tone in enumerate(colors["counts"])]
    hover = _("right: {right}, said: {said}", right="%{y}", said="%{x}")
    figure = go.Figure()
    figure.add_heatmap(
        x=list(names), y=list(names), z=shares, zmin=0, zmax=1, colorscale=tones, showscale=False, xgap=1, ygap=1,
        text=counts.astype(int), texttemplate="%{text}" if len(names) <= 12 else None,
        hovertemplate=f"{hover}<br>%{{text}} · %{{z:.0%}}<extra></extra>",
    )  # fmt: skip
    figure = style_axes(figure, colors, _("class said"), _("right class"), log=False)
    # Classes named 0, 1, 2 would be taken for numbers.
    figure.update_xaxes(type="category")
    figure.update_yaxes(type="category", autorange="reversed")
    return figure
