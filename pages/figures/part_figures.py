"""Figures of single parts: sketch → plotly figure. No streamlit in here."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from engine.illustrations.activation_curve import ActivationCurve
from engine.illustrations.initial_weights import InitialWeights
from engine.illustrations.loss_curve import LossCurve
from engine.illustrations.optimizer_path import OptimizerPath
from engine.illustrations.point_cloud import PointCloud
from engine.illustrations.schedule_curve import ScheduleCurve
from pages.figures.charts import Colors, style_axes
from pages.session.i18n import _, format_number


def style_line(color: str, **more: Any) -> dict[str, Any]:
    """A line of our usual width."""
    return {"color": color, "width": 2, **more}


def draw_activation(seen: ActivationCurve, colors: Colors) -> go.Figure:
    """f and f′ over x, the zones in which a unit does not learn shaded."""
    figure = go.Figure()
    for pairs, name, color in (
        (seen.dead, _("dead: f and f′ are 0"), colors["runs"][3]),
        (seen.saturated, _("saturated: f′ under 5 % of its maximum"), colors["runs"][1]),
    ):
        for index, (low, high) in enumerate(pairs):
            figure.add_vrect(x0=low, x1=high, fillcolor=color, opacity=0.16, line_width=0, layer="below")
            if index == 0:
                marker = {"color": color, "symbol": "square", "size": 12, "opacity": 0.3}
                figure.add_scatter(x=[None], y=[None], mode="markers", marker=marker, name=name, hoverinfo="skip")
    figure.add_scatter(x=seen.x, y=seen.f, name="f(x)", line=style_line(colors["runs"][0], width=3))
    figure.add_scatter(x=seen.x, y=seen.slope, name="f′(x)", line=style_line(colors["runs"][1], dash="dash"))
    figure = style_axes(figure, colors, "x", "", log=False)
    figure.update_yaxes(range=[max(-3.0, float(seen.f.min()) - 0.3), min(3.5, max(1.3, float(seen.f.max()) + 0.3))])
    return figure


def draw_schedule(seen: ScheduleCurve, colors: Colors, *, log: bool) -> go.Figure:
    """The factor over epochs; the validation loss that was assumed, dashed."""
    figure = go.Figure()
    figure.add_scatter(
        x=seen.epochs, y=seen.factors, name=_("factor on α₀"), line=style_line(colors["runs"][0], width=3)
    )
    if seen.losses is not None:
        line = style_line(colors["runs"][1], dash="dash")
        epochs = np.arange(len(seen.losses))
        figure.add_scatter(x=epochs, y=seen.losses, name=_("assumed validation loss"), line=line)
    figure = style_axes(figure, colors, _("epoch"), "α / α₀", log=log)
    if not log:
        figure.update_yaxes(rangemode="tozero")
    return figure


def draw_initial_weights(seen: InitialWeights, colors: Colors) -> go.Figure:
    """The histogram of the drawn weights, and the density of the theory as a line."""
    figure = go.Figure()
    fill = {"color": colors["runs"][0], "line": {"width": 0}}
    figure.add_bar(x=seen.centers, y=seen.density, name=_("drawn"), marker=fill, opacity=0.55)
    if seen.theory is not None:
        line = style_line(colors["runs"][1])
        figure.add_scatter(x=seen.theory[0], y=seen.theory[1], name=_("theory"), line=line)
    figure = style_axes(figure, colors, _("weight"), _("density"), log=False)
    figure.update_layout(bargap=0, hovermode="x")
    return figure


def draw_optimizer_path(seen: OptimizerPath, colors: Colors) -> go.Figure:
    """The way over the lines of equal loss."""
    figure = go.Figure()
    levels = {"start": 0.0, "end": 2.4, "size": 0.3}
    figure.add_contour(
        x=seen.axis,
        y=seen.axis,
        # Cut off, or the steep sides would take all the colors.
        z=np.minimum(seen.surface, 2.7),
        colorscale=[[0, colors["grid"]], [1, colors["counts"][1]]],
        contours={**levels, "coloring": "lines"},
        showscale=False,
        hoverinfo="skip",
        line={"width": 1},
    )
    x, y = seen.path[:, 0], seen.path[:, 1]
    dots = {"size": 4, "color": colors["runs"][1]}
    path = {"x": x, "y": y, "mode": "lines+markers", "marker": dots, "line": style_line(colors["runs"][1], width=1.5)}
    figure.add_scatter(
        **path, name=_("steps"), text=[format_number(loss) for loss in seen.losses], hovertemplate="L = %{text}"
    )
    ends = {"symbol": ["circle-open", "star"], "size": 12, "color": colors["text"]}
    figure.add_scatter(x=[x[0], 0], y=[y[0], 0], mode="markers", marker=ends, name=_("start, goal"))
    figure = style_axes(figure, colors, "w₁", "w₂", log=False)
    reach = [float(seen.axis[0]), float(seen.axis[-1])]
    figure.update_xaxes(range=reach)
    figure.update_yaxes(range=[reach[0] * 0.7, reach[1] * 0.7])
    figure.update_layout(hovermode="closest")
    return figure


def draw_point_cloud(seen: PointCloud, colors: Colors, names: tuple[tuple[str, str], tuple[str, str]]) -> go.Figure:
    """Before and after, with the names of their axes, each with equal units in both directions."""
    figure = make_subplots(1, 2, subplot_titles=(_("before"), _("after")), horizontal_spacing=0.12)
    # Each point keeps its color in both pictures, so that the eye can follow it.
    hue = np.arctan2(*(seen.before - seen.before.mean(0)).T)
    for column, points in enumerate((seen.before, seen.after), 1):
        stops = [*colors["values"], colors["values"][0]]
        scale = [[i / (len(stops) - 1), color] for i, color in enumerate(stops)]
        dots = {"size": 5, "color": hue, "colorscale": scale, "line": {"width": 0.5, "color": colors["text"]}}
        figure.add_scatter(x=points[:, 0], y=points[:, 1], mode="markers", marker=dots, row=1, col=column)
        figure.add_vline(x=0, line={"color": colors["text"], "width": 1}, opacity=0.4, row=1, col=column)
        figure.add_hline(y=0, line={"color": colors["text"], "width": 1}, opacity=0.4, row=1, col=column)
    figure = style_axes(figure, colors, *names[0], log=False)
    for column, anchor in enumerate(("x", "x2"), 1):
        figure.update_xaxes(title=names[column - 1][0], col=column)
        figure.update_yaxes(title=names[column - 1][1], scaleanchor=anchor, scaleratio=1, col=column)
    figure.update_layout(showlegend=False, hovermode="closest")
    return figure


def draw_loss(seen: LossCurve, colors: Colors) -> go.Figure:
    """The loss of one example and its slope."""
    over = _("error, output − target") if seen.over == "error" else _("logit of the right class less the other's")
    figure = go.Figure()
    figure.add_scatter(x=seen.x, y=seen.loss, name=_("loss"), line=style_line(colors["runs"][0], width=3))
    figure.add_scatter(x=seen.x, y=seen.slope, name=_("its slope"), line=style_line(colors["runs"][1], dash="dash"))
    figure = style_axes(figure, colors, over, "", log=False)
    figure.update_yaxes(range=[-4.2, 8])
    return figure
