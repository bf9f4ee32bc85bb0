"""Figures of images and of windows on them, cell by cell: numbers → plotly figure. No streamlit in here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from engine.illustrations.window_arithmetic import WindowArithmetic
from pages.figures.charts import Colors, style_axes
from pages.session.i18n import _
from pages.session.literal import escape_html


def make_shades(colors: Colors) -> list[list[Any]]:
    """From nothing to full."""
    return [[i / 2, color] for i, color in enumerate(colors["counts"])]


def hide_axes(figure: go.Figure, colors: Colors, rows: int, columns: int) -> go.Figure:
    """No axes, square cells, row 0 on top."""
    figure = style_axes(figure, colors, "", "", log=False)
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False, autorange="reversed")
    for index in range(rows * columns):
        figure.update_yaxes(
            scaleanchor=f"x{index + 1 if index else ''}", row=index // columns + 1, col=index % columns + 1
        )
    figure.update_layout(showlegend=False, hovermode="closest", margin={"l": 8, "r": 8, "t": 32, "b": 8})
    return figure


def draw_gallery(rows: Sequence[tuple[str, np.ndarray]], colors: Colors) -> go.Figure:
    """Rows of images (height, width), all with one scale; each row has a name."""
    columns = len(rows[0][1])
    gap = 0.16 if len(rows) > 1 else 0
    figure = make_subplots(len(rows), columns, horizontal_spacing=0.02, vertical_spacing=gap)
    for row, (name, images) in enumerate(rows, 1):
        # Subplot titles of plotly are centered over a column; a row's name has to stand at its left.
        top = figure.get_subplot(row, 1).yaxis.domain[1]
        figure.add_annotation(
            text=escape_html(name),
            x=0,
            y=top,
            xref="paper",
            yref="paper",
            xanchor="left",
            yanchor="bottom",
            showarrow=False,
        )
        for column, image in enumerate(images, 1):
            look = {"colorscale": make_shades(colors), "zmin": 0, "zmax": 1, "showscale": False}
            figure.add_heatmap(z=image, row=row, col=column, hovertemplate="%{z:.2f}<extra></extra>", **look)
    return hide_axes(figure, colors, len(rows), columns)


def draw_windows(seen: WindowArithmetic, index: int, colors: Colors, *, flat: bool) -> go.Figure:
    """Input, the window on it, and the output cell that it makes; a sequence is one row of cells. Around the input
    stands its padding, around what is painted that which is cut off."""
    figure = make_subplots(1, 2, subplot_titles=(_("input"), _("output")), horizontal_spacing=0.06)
    wide, one = (2, 1) if seen.spreads else (1, 2)
    tones = [[0, colors["ground"]], [1, colors["grid"]]]
    look = {"colorscale": tones, "zmin": 0, "zmax": 1, "showscale": False, "xgap": 2, "ygap": 2, "hoverinfo": "skip"}
    for column, size in ((1, seen.size), (2, seen.out)):
        before, after = (seen.before, seen.after) if column == wide else (0, 0)
        axis = np.arange(-before, size + after)
        cells = ((axis >= 0) & (axis < size)).astype(float)
        z = cells[None] if flat else np.outer(cells, cells)
        figure.add_heatmap(x=axis, y=[0] if flat else axis, z=z, row=1, col=column, **look)
        if before or after:
            frame = {"x0": -0.5, "x1": size - 0.5, "y0": -0.5, "y1": 0.5 if flat else size - 0.5}
            line = {"color": colors["text"], "width": 1.5, "dash": "dot"}
            figure.add_shape(type="rect", line=line, row=1, col=column, **frame)
    if seen.out:
        across, down = (index, 0) if flat else (index % count_positions(seen), index // count_positions(seen))
        begin = [seen.start(at) for at in (across, down)]
        for column, corner, side in ((wide, begin, seen.kernel), (one, [across, down], 1)):
            add_window(figure, column, corner, side, colors, flat=flat)
    return hide_axes(figure, colors, 1, 2)


def format_arithmetic(seen: WindowArithmetic) -> str:
    """The size that comes out, in LaTeX, with the numbers of this case."""
    x, k, s, before, after = seen.size, seen.kernel, seen.stride, seen.before, seen.after
    padding = rf"2 \cdot {before}" if before == after else f"({before} + {after})"
    if seen.spreads:
        return rf"({x} - 1) \cdot {s} - {padding} + {k} = {seen.out}"
    return rf"\left\lfloor \frac{{{x} - {k} + {padding}}}{{{s}}} \right\rfloor + 1 = {seen.out}"


def count_positions(seen: WindowArithmetic) -> int:
    """How many places there are in a row: cells of the output, or of the input where each paints."""
    return seen.size if seen.spreads else seen.out


def add_window(figure: go.Figure, column: int, corner: Sequence[int], side: int, colors: Colors, *, flat: bool) -> None:
    """A marked window."""
    low, up = corner[0] - 0.5, (-0.5 if flat else corner[1] - 0.5)
    tall = 1 if flat else side
    figure.add_shape(
        type="rect",
        x0=low,
        x1=low + side,
        y0=up,
        y1=up + tall,
        fillcolor=colors["runs"][1],
        opacity=0.5,
        line={"color": colors["runs"][1], "width": 2},
        row=1,
        col=column,
    )
