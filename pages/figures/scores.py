"""Lines beside the metric's two at rest: right answers under attack, and those of every member of an ensemble."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd
import plotly.graph_objects as go

from pages.figures.outcomes import ScoreLine
from pages.session.i18n import _

if TYPE_CHECKING:
    from pages.session.run_records import RunRecord


def add_scores(figure: go.Figure, lines: Sequence[ScoreLine], colors: Mapping[str, Any]) -> None:
    """Adds the lines; the color of one comes from its place among those of its channel."""
    for line in lines:
        faint = 0.4 if line.name.startswith("member ") else 1.0
        about = {"line": style_score(line.name, line.number, colors), "opacity": faint}
        figure.add_scatter(x=line.steps, y=line.values, name=name_series(line.name), **about)


def merge_scores(epochs: pd.DataFrame, record: RunRecord) -> pd.DataFrame:
    """The rows of the epochs, and beside or between them the readings of the same channels at their own steps."""
    for channel in record.channels.values():
        if channel.mark == "scores":
            rows = [[f.step, *f.readings[channel.key]] for f in record.frames if channel.key in f.readings]
            read = pd.DataFrame(rows, columns=["step", *(f"{channel.key} {name}" for name in channel.series)])
            epochs = epochs.merge(read, on="step", how="outer").sort_values("step", ignore_index=True)
    return epochs


def name_series(name: str) -> str:
    """A series in the language spoken."""
    word, _space, number = name.partition(" ")
    if word == "member":
        return _("member {number}", number=number)
    known = {"clean": _("clean"), "attacked": _("attacked"), "together": _("together"), "out of bag": _("out of bag")}
    return known.get(name, name)


def style_score(name: str, number: int, colors: Mapping[str, Any]) -> dict[str, Any]:
    """Members thin, all else in a color of its own."""
    if name.startswith("member "):
        return {"color": colors["text"], "width": 1}
    return {"color": colors["classes"][number + 2], "width": 2, "dash": "dot" if name == "out of bag" else "solid"}
