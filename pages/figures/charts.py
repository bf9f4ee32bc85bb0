"""Figures of what every run has, at rest: data → plotly figure; what they have in common. No streamlit in here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from engine.catalogue.part import catalogue
from engine.parts.probes import Probe
from pages.figures.readings import median_over_layers, positive
from pages.session.i18n import _, said, spoken
from pages.session.literal import unmarked
from pages.session.run_records import Record

Colors = Mapping[str, Any]
DASHES = ("dash", "dot", "dashdot", "longdash")  # kinds of a layer's weights
EPOCHS = {"loss": ("train_loss", "validation_loss"), "metric": ("train_metric", "validation_metric")}


def axis(panel: str) -> str:
    """The name of a value axis over the epochs."""
    return {"loss": _("Loss"), "metric": _("Metric")}[panel]


def overlay(records: Sequence[Record], panel: str, colors: Colors) -> go.Figure:
    """Several runs in one chart: train solid, validation dashed; of a channel the median over the layers."""
    if panel in EPOCHS:
        made = over_epochs(records, panel, colors)
        return framed(made, colors, _("step"), axis(panel), log=panel != "metric")
    made = go.Figure()
    for record, color in zip(records, colors["runs"] * 99, strict=False):
        steps, middle = median_over_layers(record, panel)
        made.add_scatter(x=steps, y=positive(middle), name=record.name, line={"color": color, "width": 2})
    channel = next((record.channels[panel] for record in records if panel in record.channels), None)
    if channel and channel.healthy:
        band(made, channel.healthy, colors)
    return framed(made, colors, _("step"), said("part", catalogue(Probe)[panel].title()), log=True)


def over_epochs(records: Sequence[Record], panel: str, colors: Colors) -> go.Figure:
    """Training solid, validation dashed, a color a run; one run also shows the loss of its batches."""
    made, alone = go.Figure(), len(records) == 1
    if alone and panel == "loss":
        losses = records[0].losses
        faint = {"color": colors["runs"][0], "width": 1}
        made.add_scatter(x=losses[:, 0], y=losses[:, 1], name=_("batches"), line=faint, opacity=0.3)
    for record, color in zip(records, colors["runs"] * 99, strict=False):
        train, held = EPOCHS[panel]
        for column, dash, what in ((train, "solid", _("train")), (held, "dash", _("validation"))):
            about: dict[str, Any] = {"name": what}
            if not alone:  # one entry a run in the legend; it hides and shows both lines
                about = {"name": record.name, "legendgroup": record.name, "showlegend": dash == "solid"}
            line = {"color": color, "width": 2, "dash": dash}
            made.add_scatter(x=record.epochs["step"], y=record.epochs[column], line=line, **about)
    if alone and panel == "loss" and records[0].keeps_best:
        mark_best(made, records[0].epochs, colors)
    return made


def mark_best(made: go.Figure, epochs: pd.DataFrame, colors: Colors) -> None:
    """A ring around the lowest validation loss, whose weights early stopping puts back."""
    held = epochs["validation_loss"].to_numpy(float)
    if np.isfinite(held).any():
        best = epochs.iloc[int(np.where(np.isfinite(held), held, np.inf).argmin())]
        ring = {"symbol": "circle-open", "size": 12, "color": colors["runs"][0], "line": {"width": 2}}
        made.add_scatter(x=[best["step"]], y=[best["validation_loss"]], name=_("best"), mode="markers", marker=ring)


def band(made: go.Figure, healthy: tuple[float, float], colors: Colors) -> None:
    """The guide band."""
    made.add_hrect(y0=healthy[0], y1=healthy[1], fillcolor=colors["band"], opacity=0.14, line_width=0, layer="below")


def layer_menu(names: Sequence[str]) -> dict[str, Any]:
    """A menu that shows one of the traces."""
    shows = [{"visible": [i == place for i in range(len(names))]} for place in range(len(names))]
    buttons = [
        {"label": unmarked(name), "method": "update", "args": [show]} for name, show in zip(names, shows, strict=True)
    ]
    return {"buttons": buttons, "x": 0, "xanchor": "left", "y": 1.02, "yanchor": "bottom"}


def plane(record: Record, colors: Colors) -> go.Figure:
    """The newest output over the plane, and the data points: training filled, validation hollow."""
    made, channel = go.Figure(), record.channels.get("output")
    frames = [frame for frame in record.frames if "output" in frame.readings]
    if not channel or not channel.extent or not frames:
        return made
    maps, scale = frames[-1].readings["output"], frames[-1].readings["output_scale"][0]
    x0, x1, y0, y1 = channel.extent
    z = maps[0].astype(float) / 127 * float(scale) if len(maps) == 1 else maps.argmax(0).astype(float)
    stops = colors["values"] if len(maps) == 1 else colors["classes"][: len(maps)]
    shades = [[i / (len(stops) - 1), color] for i, color in enumerate(stops)]
    low, high = (-float(scale), float(scale)) if len(maps) == 1 else (0.0, len(maps) - 1.0)
    x, y = np.linspace(x0, x1, z.shape[1]), np.linspace(y0, y1, z.shape[0])
    smooth = "best" if len(maps) == 1 else False  # between two classes there is no third
    made.add_heatmap(x=x, y=y, z=z, colorscale=shades, zmin=low, zmax=high, zsmooth=smooth, opacity=0.75)
    if record.points is not None:
        dots(made, record.points, colors, shades, classes=channel.formula.startswith("p("))
    made.update_yaxes(scaleanchor="x", scaleratio=1)
    return made


def splits(points: np.ndarray) -> Iterator[tuple[np.ndarray, str, str]]:
    """The points of each split that has any, with its name and symbol."""
    kinds = ((_("train"), "circle"), (_("validation"), "circle-open"), (_("test"), "diamond-open"))
    for number, (name, symbol) in enumerate(kinds):
        chosen = points[points[:, 3] == number]
        if len(chosen):
            yield chosen, name, symbol


def dots(made: go.Figure, points: np.ndarray, colors: Colors, shades: list[list[Any]], *, classes: bool) -> None:
    """Data points in the color of their class or value."""
    for chosen, name, symbol in splits(points):
        fill: Any = [colors["classes"][int(target)] for target in chosen[:, 2]] if classes else chosen[:, 2]
        marker = {"color": fill, "symbol": symbol, "size": 7, "line": {"width": 1.5}}
        if not classes:
            marker |= {"colorscale": shades}
        made.add_scatter(x=chosen[:, 0], y=chosen[:, 1], mode="markers", name=name, marker=marker)


def curve(record: Record, colors: Colors) -> go.Figure:
    """The newest prediction over one input, and the data points."""
    made, channel = go.Figure(), record.channels.get("curve")
    if record.points is not None:
        for chosen, name, symbol in splits(record.points):
            marker = {"color": colors["runs"][1], "symbol": symbol, "size": 6}
            made.add_scatter(x=chosen[:, 0], y=chosen[:, 1], mode="markers", name=name, marker=marker)
    frames = [frame for frame in record.frames if "curve" in frame.readings]
    if channel and channel.extent and frames:
        y = frames[-1].readings["curve"]
        x = np.linspace(channel.extent[0], channel.extent[1], len(y))
        made.add_scatter(x=x, y=y, name=_("prediction"), line={"color": colors["runs"][0], "width": 3})
    return made


def ramp(stops: Sequence[str], place: int, count: int) -> str:
    """A layer's color on the ramp."""
    at = (place / (count - 1) if count > 1 else 0.35) * (len(stops) - 1)
    left = min(int(at), len(stops) - 2)
    pair = [[int(stops[left + i][j : j + 2], 16) for j in (1, 3, 5)] for i in (0, 1)]
    mixed = [round(a + (b - a) * (at - left)) for a, b in zip(*pair, strict=True)]
    return f"rgb({','.join(map(str, mixed))})"


def framed(made: go.Figure, colors: Colors, x: str, y: str, *, log: bool) -> go.Figure:
    """Axes with names, a legend above, thin grid lines, one tooltip for all lines at a step."""
    line = {
        "gridcolor": colors["grid"],
        "zeroline": False,
        "title_standoff": 8,
        "title_font": {"size": 14},
        "linecolor": colors["grid"],
        "automargin": True,
    }
    made.update_xaxes(title=unmarked(x), **line)
    made.update_yaxes(title=unmarked(y), exponentformat="power", **line)
    if log:
        made.update_yaxes(type="log", dtick=1)
    for drawn in made.data:
        drawn.name = drawn.name and unmarked(drawn.name)
    for drawn in made.select_traces({"type": "scatter"}):
        if drawn.mode is None and len(drawn.x) > 1:
            drawn.mode = "lines"
    made.update_layout(
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"color": colors["text"], "size": 14, "family": '"Source Sans", sans-serif'},
        hovermode="closest" if any(t.type == "heatmap" for t in made.data) else "x unified",
        hoverlabel={"bgcolor": colors["ground"], "font": {"color": colors["text"]}},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0, "xanchor": "left"},
        margin={"l": 64, "r": 16, "t": 48, "b": 48},
        modebar={"bgcolor": "rgba(0,0,0,0)", "color": colors["text"], "activecolor": colors["runs"][0]},
        separators=", " if spoken() == "es" else ".,",
    )
    return made
