"""Figures of channels by their mark alone: readings → plotly figure. A new instrument needs no drawing code."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import plotly.graph_objects as go

from engine.frame import Channel, get_layer
from pages.figures.charts import DASHES, Colors, add_band, make_layer_menu, pick_ramp_color, style_axes
from pages.figures.readings import INFO, Arrows, Curves, Distributions, Info, Lines, Maps, RowReadings, make_mosaic
from pages.session.i18n import _
from pages.session.messages import name_layer
from pages.session.run_records import RunRecord


def draw_channel(record: RunRecord, channel: Channel, colors: Colors) -> go.Figure:
    """The channel's large form."""
    info = INFO[channel.mark](record, channel)
    return DRAWN[type(info)](info, channel, colors)


def name_measure(channel: Channel) -> str:
    """Title, formula and unit of a channel, for an axis."""
    unit = f" [{_(channel.unit)}]" if channel.unit else ""
    return f"{_(channel.title)}  {channel.formula}{unit}"


def draw_lines(info: Lines, channel: Channel, colors: Colors) -> go.Figure:
    """A line a series; layers along one ramp, the kinds of their weights thinner; over the healthy band."""
    figure = go.Figure()
    layers = list(dict.fromkeys(map(get_layer, info.names)))
    for index, name in enumerate(info.names):
        color = pick_ramp_color(colors["layers"], layers.index(get_layer(name)), len(layers))
        kinds = [other for other in info.names if get_layer(other) == get_layer(name) != other]
        line = {"color": color, "width": 2}
        if name in kinds:  # one kind of the layer's weights
            line = {"color": color, "width": 1, "dash": DASHES[kinds.index(name) % len(DASHES)]}
        figure.add_scatter(x=info.steps, y=info.values[:, index], name=name_layer(name), line=line)
    if info.healthy:
        add_band(figure, info.healthy, colors)
    figure = style_axes(figure, colors, _("step"), name_measure(channel), log=info.log)
    finite = info.values[np.isfinite(info.values)]
    if info.log and finite.size and finite.max() < 20 * finite.min():  # else an axis without a number on it
        figure.update_yaxes(dtick="D1")
    return figure


def draw_distributions(info: Distributions, channel: Channel, colors: Colors) -> go.Figure:
    """Shares over value and step, one picture a series; the list on the left of the chart chooses it."""
    figure = go.Figure()
    middles = (info.edges[1:] + info.edges[:-1]) / 2
    scale = [[i / 2, color] for i, color in enumerate(colors["counts"])]
    for index, name in enumerate(info.names):
        shown = {"visible": index == 0, "colorscale": scale, "colorbar": {"title": _("share")}}
        figure.add_heatmap(x=info.steps, y=middles, z=info.shares[index].T, name=name_layer(name), **shown)
    figure.update_layout(updatemenus=[make_layer_menu([name_layer(name) for name in info.names])])
    value = _("activation") if channel.key == "activation_histogram" else _(channel.title)
    return style_axes(figure, colors, _("step"), value, log=False)


def make_diverging_colors(values: np.ndarray, colors: Colors) -> dict[str, Any]:
    """The colors of values on both sides of zero."""
    finite = np.abs(values[np.isfinite(values)])
    top = float(finite.max()) if finite.size else 1.0
    stops = colors["values"]
    shades = [[i / (len(stops) - 1), color] for i, color in enumerate(stops)]
    return {"colorscale": shades, "zmin": -(top or 1.0), "zmax": top or 1.0}


def draw_maps(info: Maps, channel: Channel, colors: Colors) -> go.Figure:
    """Maps side by side; a single one over the input space on its axes."""
    figure = go.Figure()
    if len(info.values) == 1 and info.extent and len(info.extent) == 4:
        (one,) = info.values
        x0, x1, y0, y1 = info.extent
        x, y = np.linspace(x0, x1, one.shape[1]), np.linspace(y0, y1, one.shape[0])
        figure.add_heatmap(x=x, y=y, z=one, **make_diverging_colors(one, colors))
        figure.update_yaxes(scaleanchor="x")
        return style_axes(figure, colors, "x₁", "x₂", log=False)
    if len(info.values):
        picture = make_mosaic(info)
        figure.add_heatmap(z=picture, **make_diverging_colors(picture, colors))
    figure = style_axes(figure, colors, name_measure(channel), "", log=False)
    figure.update_xaxes(showticklabels=False, showgrid=False, constrain="domain")
    figure.update_yaxes(showticklabels=False, showgrid=False, scaleanchor="x")
    return figure


def draw_rows(info: RowReadings, channel: Channel, colors: Colors) -> go.Figure:
    """A row a series, the first on top."""
    figure = go.Figure()
    names = [name_layer(name) for name in info.names]
    figure.add_heatmap(y=names, z=info.values, **make_diverging_colors(info.values, colors))
    figure = style_axes(figure, colors, name_measure(channel), "", log=False)
    figure.update_yaxes(type="category", autorange="reversed")
    return figure


def draw_curves(info: Curves, channel: Channel, colors: Colors) -> go.Figure:
    """A function a line."""
    figure = go.Figure()
    for index, values in enumerate(info.values):
        color = (
            pick_ramp_color(colors["layers"], index, len(info.values)) if len(info.values) > 1 else colors["runs"][0]
        )
        figure.add_scatter(x=info.x, y=values, name=_(channel.title), line={"color": color, "width": 2})
    return style_axes(figure, colors, "x", name_measure(channel), log=False)


def draw_arrows(info: Arrows, channel: Channel, colors: Colors) -> go.Figure:
    """An arrow a row; those that count are stronger."""
    figure = go.Figure()
    moves = zip(info.start, info.end, info.strong, strict=True)
    for (x0, y0), (x1, y1), strong in moves:
        color = colors["runs"][1 if strong else 0]
        # plotly's markers turn clockwise from straight up.
        angle = math.degrees(math.atan2(x1 - x0, y1 - y0))
        # A trace an arrow, not annotations: those would not scale with the axes nor have a tooltip.
        marker = {"symbol": ["circle", "triangle-up"], "size": [0, 9], "angle": [0, angle], "color": color}
        line = {"color": color, "width": 3 if strong else 1.5}
        figure.add_scatter(
            x=[x0, x1],
            y=[y0, y1],
            mode="lines+markers",
            line=line,
            marker=marker,
            showlegend=False,
            name=_(channel.title),
        )
    figure = style_axes(figure, colors, "x₁", "x₂", log=False)
    if info.extent and len(info.extent) == 4:
        figure.update_xaxes(range=info.extent[:2])
        figure.update_yaxes(range=info.extent[2:], scaleanchor="x")
    return figure


DRAWN: dict[type[Info], Callable[[Any, Channel, Colors], go.Figure]] = {
    Lines: draw_lines,
    Distributions: draw_distributions,
    Maps: draw_maps,
    RowReadings: draw_rows,
    Curves: draw_curves,
    Arrows: draw_arrows,
}
