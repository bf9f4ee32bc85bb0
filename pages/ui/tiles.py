"""Figures of images and of windows on them, cell by cell: numbers → plotly figure. No streamlit in here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from engine.sketches.windows import Windows
from pages.ui.charts import Colors, framed
from pages.ui.text import _


def shades(colors: Colors) -> list[list[Any]]:
    """From nothing to full."""
    return [[i / 2, color] for i, color in enumerate(colors["counts"])]


def bare(made: go.Figure, colors: Colors, rows: int, columns: int) -> go.Figure:
    """No axes, square cells, row 0 on top."""
    made = framed(made, colors, "", "", log=False)
    made.update_xaxes(visible=False)
    made.update_yaxes(visible=False, autorange="reversed")
    for place in range(rows * columns):
        made.update_yaxes(
            scaleanchor=f"x{place + 1 if place else ''}", row=place // columns + 1, col=place % columns + 1
        )
    made.update_layout(showlegend=False, hovermode="closest", margin={"l": 8, "r": 8, "t": 32, "b": 8})
    return made


def gallery(rows: Sequence[tuple[str, np.ndarray]], colors: Colors) -> go.Figure:
    """Rows of images (height, width), all with one scale; each row has a name."""
    columns = len(rows[0][1])
    gap = 0.16 if len(rows) > 1 else 0
    made = make_subplots(len(rows), columns, horizontal_spacing=0.02, vertical_spacing=gap)
    for row, (name, images) in enumerate(rows, 1):
        top = made.get_subplot(row, 1).yaxis.domain[1]
        made.add_annotation(
            text=name, x=0, y=top, xref="paper", yref="paper", xanchor="left", yanchor="bottom", showarrow=False
        )
        for column, image in enumerate(images, 1):
            look = {"colorscale": shades(colors), "zmin": 0, "zmax": 1, "showscale": False}
            made.add_heatmap(z=image, row=row, col=column, hovertemplate="%{z:.2f}<extra></extra>", **look)
    return bare(made, colors, len(rows), columns)


def of_windows(seen: Windows, place: int, colors: Colors, *, flat: bool) -> go.Figure:
    """Input with its padding, the window on it, and the output cell that it makes; a sequence is one row of cells."""
    made = make_subplots(1, 2, subplot_titles=(_("input"), _("output")), horizontal_spacing=0.06)
    edge = 0 if seen.spreads else seen.padding
    inside, outside = np.arange(-edge, seen.size + edge), np.arange(seen.out)
    cells = ((inside >= 0) & (inside < seen.size)).astype(float)
    left, right = (cells[None], np.ones((1, seen.out)))
    if not flat:
        left, right = np.outer(cells, cells), np.ones((seen.out, seen.out))
    tones = [[0, colors["ground"]], [1, colors["grid"]]]
    look = {"colorscale": tones, "zmin": 0, "zmax": 1, "showscale": False, "xgap": 2, "ygap": 2, "hoverinfo": "skip"}
    rows = [0] if flat else list(inside)
    made.add_heatmap(x=inside, y=rows, z=left, row=1, col=1, **look)
    made.add_heatmap(x=outside, y=[0] if flat else outside, z=right, row=1, col=2, **look)
    if seen.out:
        across, down = (place, 0) if flat else (place % sides(seen), place // sides(seen))
        wide, one = (1, 2) if not seen.spreads else (2, 1)
        begin = [seen.start(at) for at in (across, down)]
        for column, corner, side in ((wide, begin, seen.kernel), (one, [across, down], 1)):
            box(made, column, corner, side, colors, flat=flat)
    if edge:
        frame = {"x0": -0.5, "x1": seen.size - 0.5, "y0": -0.5, "y1": 0.5 if flat else seen.size - 0.5}
        made.add_shape(type="rect", line={"color": colors["text"], "width": 1.5, "dash": "dot"}, row=1, col=1, **frame)
    return bare(made, colors, 1, 2)


def sides(seen: Windows) -> int:
    """How many places there are in a row: cells of the output, or of the input where each paints."""
    return seen.size if seen.spreads else seen.out


def box(made: go.Figure, column: int, corner: Sequence[int], side: int, colors: Colors, *, flat: bool) -> None:
    """A marked window."""
    low, up = corner[0] - 0.5, (-0.5 if flat else corner[1] - 0.5)
    tall = 1 if flat else side
    made.add_shape(
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
