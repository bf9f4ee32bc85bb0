"""Lines beside the metric's two at rest: right answers under attack, and those of every member of an ensemble."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd
import plotly.graph_objects as go

from pages.session.i18n import _

if TYPE_CHECKING:
    from pages.session.run_records import Record


def scores(made: go.Figure, record: Record, colors: Mapping[str, Any]) -> None:
    """Adds a line for each series of channels that compare answers."""
    for channel in record.channels.values():
        if channel.mark != "scores":
            continue
        frames = [frame for frame in record.frames if channel.key in frame.readings]
        steps = [frame.step for frame in frames]
        for place, name in enumerate(channel.series):
            values = [float(frame.readings[channel.key][place]) for frame in frames]
            faint = 0.4 if name.startswith("member ") else 1.0
            made.add_scatter(x=steps, y=values, name=called(name), line=look(name, place, colors), opacity=faint)


def score_rows(epochs: pd.DataFrame, record: Record) -> pd.DataFrame:
    """The rows of the epochs, and beside or between them the readings of the same channels at their own steps."""
    for channel in record.channels.values():
        if channel.mark == "scores":
            rows = [[f.step, *f.readings[channel.key]] for f in record.frames if channel.key in f.readings]
            read = pd.DataFrame(rows, columns=["step", *(f"{channel.key} {name}" for name in channel.series)])
            epochs = epochs.merge(read, on="step", how="outer").sort_values("step", ignore_index=True)
    return epochs


def called(name: str) -> str:
    """A series in the language spoken."""
    word, _space, number = name.partition(" ")
    if word == "member":
        return _("member {number}", number=number)
    known = {"clean": _("clean"), "attacked": _("attacked"), "together": _("together"), "out of bag": _("out of bag")}
    return known.get(name, name)


def look(name: str, place: int, colors: Mapping[str, Any]) -> dict[str, Any]:
    """Members thin, all else in a color of its own."""
    if name.startswith("member "):
        return {"color": colors["text"], "width": 1}
    return {"color": colors["classes"][place + 2], "width": 2, "dash": "dot" if name == "out of bag" else "solid"}
