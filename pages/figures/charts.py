"""Figures of what every run has, at rest: data → plotly figure; what they have in common. No streamlit in here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from engine.catalogue.part import catalogue
from engine.parts.probes import Probe
from pages.figures.outcomes import EPOCHS, EpochCurves, OutputMap, Prediction, SplitPoints, read_epoch_curves
from pages.figures.readings import mask_nonpositive, take_median
from pages.session.i18n import _, current_language, pgettext
from pages.session.literal import escape_html
from pages.session.run_records import RunRecord

Colors = Mapping[str, Any]
DASHES = ("dash", "dot", "dashdot", "longdash")  # kinds of a layer's weights


def name_axis(panel: str) -> str:
    """The name of a value axis over the epochs."""
    return {"loss": _("Loss"), "metric": _("Metric")}[panel]


def overlay_runs(records: Sequence[RunRecord], panel: str, colors: Colors) -> go.Figure:
    """Several runs in one chart: train solid, validation dashed; of a channel the median over the layers."""
    if panel in EPOCHS:
        figure = draw_epochs([read_epoch_curves(record, panel) for record in records], colors)
        return style_axes(figure, colors, _("step"), name_axis(panel), log=panel != "metric")
    figure = go.Figure()
    # Colors start again when there are more runs than colors.
    for record, color in zip(records, colors["runs"] * 99, strict=False):
        steps, middle = take_median(record, panel)
        figure.add_scatter(x=steps, y=mask_nonpositive(middle), name=record.name, line={"color": color, "width": 2})
    channel = next((record.channels[panel] for record in records if panel in record.channels), None)
    if channel and channel.healthy:
        add_band(figure, channel.healthy, colors)
    return style_axes(figure, colors, _("step"), pgettext("part", catalogue(Probe)[panel].title()), log=True)


def draw_epochs(runs: Sequence[EpochCurves], colors: Colors) -> go.Figure:
    """Training solid, validation dashed, a color a run; one run also shows the loss of its batches, and a ring around
    the epoch whose weights early stopping puts back."""
    figure, alone = go.Figure(), len(runs) == 1
    if alone and runs[0].batches is not None:
        faint = {"color": colors["runs"][0], "width": 1}
        x, y = runs[0].batches.T
        figure.add_scatter(x=x, y=y, name=_("batches"), line=faint, opacity=0.3)
    for run, color in zip(runs, colors["runs"] * 99, strict=False):
        for values, dash, what in ((run.train, "solid", _("train")), (run.validation, "dash", _("validation"))):
            about: dict[str, Any] = {"name": what}
            if not alone:  # one entry a run in the legend; it hides and shows both lines
                about = {"name": run.name, "legendgroup": run.name, "showlegend": dash == "solid"}
            figure.add_scatter(x=run.steps, y=values, line={"color": color, "width": 2, "dash": dash}, **about)
    if alone and runs[0].best:
        step, loss = runs[0].best
        ring = {"symbol": "circle-open", "size": 12, "color": colors["runs"][0], "line": {"width": 2}}
        figure.add_scatter(x=[step], y=[loss], name=_("best"), mode="markers", marker=ring)
    return figure


def add_band(figure: go.Figure, healthy: tuple[float, float], colors: Colors) -> None:
    """The guide band."""
    figure.add_hrect(y0=healthy[0], y1=healthy[1], fillcolor=colors["band"], opacity=0.14, line_width=0, layer="below")


def make_layer_menu(names: Sequence[str]) -> dict[str, Any]:
    """A menu that shows one of the traces."""
    shows = [{"visible": [i == index for i in range(len(names))]} for index in range(len(names))]
    buttons = [
        {"label": escape_html(name), "method": "update", "args": [show]}
        for name, show in zip(names, shows, strict=True)
    ]
    return {"buttons": buttons, "x": 0, "xanchor": "left", "y": 1.02, "yanchor": "bottom"}


def draw_plane(info: OutputMap | None, colors: Colors) -> go.Figure:
    """The newest output over the plane, and the data points: training filled, validation hollow."""
    figure = go.Figure()
    if info is None:
        return figure
    stops = colors["values"] if info.maps == 1 else colors["classes"][: info.maps]
    shades = [[i / (len(stops) - 1), color] for i, color in enumerate(stops)]
    about = {"colorscale": shades, "zmin": info.limits[0], "zmax": info.limits[1], "opacity": 0.75}
    smooth = "best" if info.maps == 1 else False  # between two classes there is no third
    figure.add_heatmap(x=info.x, y=info.y, z=info.z, zsmooth=smooth, **about)
    for chosen in info.points:
        target = chosen.values[:, 2]
        fill: Any = [colors["classes"][int(one)] for one in target] if info.points_are_classes else target
        marker = {"color": fill, "size": 7, "line": {"width": 1.5}}
        if not info.points_are_classes:
            marker |= {"colorscale": shades}
        add_points(figure, chosen, marker)
    figure.update_yaxes(scaleanchor="x", scaleratio=1)
    return figure


def add_points(figure: go.Figure, chosen: SplitPoints, marker: dict[str, Any]) -> None:
    """The points of a split, each split with a symbol of its own."""
    name, symbol = {
        "train": (_("train"), "circle"),
        "validation": (_("validation"), "circle-open"),
        "test": (_("test"), "diamond-open"),
    }[chosen.split]
    x, y = chosen.values[:, 0], chosen.values[:, 1]
    figure.add_scatter(x=x, y=y, mode="markers", name=name, marker={**marker, "symbol": symbol})


def draw_curve(info: Prediction, colors: Colors) -> go.Figure:
    """The newest prediction over one input, and the data points."""
    figure = go.Figure()
    for chosen in info.points:
        add_points(figure, chosen, {"color": colors["runs"][1], "size": 6})
    if len(info.x):
        figure.add_scatter(x=info.x, y=info.y, name=_("prediction"), line={"color": colors["runs"][0], "width": 3})
    return figure


def pick_ramp_color(stops: Sequence[str], index: int, count: int) -> str:
    """A layer's color on the ramp."""
    at = (index / (count - 1) if count > 1 else 0.35) * (len(stops) - 1)
    left = min(int(at), len(stops) - 2)
    pair = [[int(stops[left + i][j : j + 2], 16) for j in (1, 3, 5)] for i in (0, 1)]
    mixed = [round(a + (b - a) * (at - left)) for a, b in zip(*pair, strict=True)]
    return f"rgb({','.join(map(str, mixed))})"


def style_axes(figure: go.Figure, colors: Colors, x: str, y: str, *, log: bool) -> go.Figure:
    """Axes with names, a legend above, thin grid lines, one tooltip for all lines at a step."""
    line = {
        "gridcolor": colors["grid"],
        "zeroline": False,
        "title_standoff": 8,
        "title_font": {"size": 14},
        "linecolor": colors["grid"],
        "automargin": True,
    }
    figure.update_xaxes(title=escape_html(x), **line)
    figure.update_yaxes(title=escape_html(y), exponentformat="power", **line)
    if log:
        # Whole decades alone: plotly's own minor labels (2, 5) have no exponent and read as 2.
        figure.update_yaxes(type="log", dtick=1)
    for drawn in figure.data:
        # plotly takes a few tags for markup, and names may be a person's own.
        drawn.name = drawn.name and escape_html(drawn.name)
    for drawn in figure.select_traces({"type": "scatter"}):
        if drawn.mode is None and len(drawn.x) > 1:
            drawn.mode = "lines"
    figure.update_layout(
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"color": colors["text"], "size": 14, "family": '"Source Sans", sans-serif'},
        hovermode="closest" if any(t.type == "heatmap" for t in figure.data) else "x unified",
        hoverlabel={"bgcolor": colors["ground"], "font": {"color": colors["text"]}},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0, "xanchor": "left"},
        margin={"l": 64, "r": 16, "t": 48, "b": 48},
        modebar={"bgcolor": "rgba(0,0,0,0)", "color": colors["text"], "activecolor": colors["runs"][0]},
        separators=", " if current_language() == "es" else ".,",
    )
    return figure
