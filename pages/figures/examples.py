"""A figure of a data set's examples: examples → plotly figure. No streamlit in here."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from engine.examples import Examples
from pages.figures import tiles
from pages.figures.charts import Colors, style_axes
from pages.session.i18n import _, format_number
from pages.session.thumbnails import is_square, project_on_main_axes

FEW, MANY = 4, 1500


def draw_examples(loaded: Examples, colors: Colors) -> tuple[go.Figure, str]:
    """Images, sequences, a curve or points, and what they are."""
    size = " × ".join(format_number(n, 6) for n in loaded.x.shape[1:])
    caption = _("{n} examples of {size} numbers.", n=format_number(len(loaded.x), 6), size=size)
    if loaded.vocabulary_size:
        rows = loaded.x[:24] / loaded.vocabulary_size
        return tiles.draw_gallery([(_("one sequence a row"), rows[None])], colors), caption
    if loaded.x.ndim == 3:
        return draw_sequences(loaded, colors), caption
    if loaded.extent is None and loaded.task == "classification" and is_square(loaded.x[0]):
        side = round((loaded.x[0].size / (loaded.x.shape[1] if loaded.x.ndim == 4 else 1)) ** 0.5)
        images = loaded.x[:16].reshape(16, -1, side, side).mean(1)
        return tiles.draw_gallery([("", images[:8]), ("", images[8:])], colors), caption
    if loaded.x[0].size == 1:
        figure = go.Figure()
        dots = {"size": 5, "color": colors["runs"][0]}
        figure.add_scatter(x=loaded.x[:, 0], y=loaded.y[:, 0], mode="markers", marker=dots, showlegend=False)
        return style_axes(figure, colors, "x", "y", log=False), caption
    return draw_points(loaded, colors), caption


def draw_sequences(loaded: Examples, colors: Colors) -> go.Figure:
    """A few sequences, of every class in turn, one line each, of their most lively feature."""
    figure = go.Figure()
    order = np.arange(len(loaded.x))
    if loaded.classes:
        turn = np.zeros(len(order), int)
        for label in range(len(loaded.classes)):
            # The first of every class, then the second of every class, and so on.
            turn[loaded.y == label] = np.arange((loaded.y == label).sum())
        order = np.argsort(turn, kind="stable")
    for index, chosen in enumerate(order[:FEW]):
        example, target = loaded.x[chosen], loaded.y[chosen]
        feature = example[:, np.abs(example).std(0).argmax()]
        name = loaded.classes[int(target)] if loaded.classes else f"y = {format_number(float(target[0]))}"
        figure.add_scatter(
            x=np.arange(len(feature)), y=feature, name=name, line={"color": colors["runs"][index], "width": 2}
        )
    return style_axes(figure, colors, _("time step"), "x", log=False)


def draw_points(loaded: Examples, colors: Colors) -> go.Figure:
    """Points in the plane, or along the main axes of a table; a color a class or a shade a value."""
    table = loaded.x.ndim != 2 or loaded.x.shape[1] != 2
    plane = project_on_main_axes(loaded.x.reshape(len(loaded.x), -1)) if table else loaded.x
    figure = go.Figure()
    if loaded.task == "classification":
        for index, name in enumerate(loaded.classes):
            own = plane[:MANY][loaded.y[:MANY] == index]
            dots = {"size": 6, "color": colors["classes"][index % len(colors["classes"])], "opacity": 0.8}
            figure.add_scatter(x=own[:, 0], y=own[:, 1], mode="markers", name=name, marker=dots)
    else:
        scale = [[i / (len(colors["values"]) - 1), color] for i, color in enumerate(colors["values"])]
        dots = {"size": 6, "color": loaded.y[:MANY, 0], "colorscale": scale, "colorbar": {"title": "y"}}
        figure.add_scatter(x=plane[:MANY, 0], y=plane[:MANY, 1], mode="markers", marker=dots, showlegend=False)
    names = (_("first main axis"), _("second main axis")) if table else ("x₁", "x₂")
    figure = style_axes(figure, colors, *names, log=False)
    figure.update_layout(hovermode="closest")
    if not table:
        figure.update_yaxes(scaleanchor="x", scaleratio=1)
    return figure
