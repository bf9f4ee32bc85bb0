"""The large form of each panel of the live picture, and the numbers behind it. No streamlit in here."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from pages.figures import marks, readings
from pages.figures.charts import Colors, axis, curve, over_epochs, plane, style_axes
from pages.figures.outcomes import EPOCHS, epoch_curves, output_map, prediction, score_lines
from pages.figures.scores import score_rows, scores
from pages.session.i18n import _
from pages.session.run_records import Record


def table(record: Record, panel: str) -> pd.DataFrame:
    """The numbers behind a panel, one row a step (or an epoch, or a cell), for download."""
    if panel not in EPOCHS:
        return readings.table(record, record.channels[panel]) if panel in record.channels else pd.DataFrame()
    own = [name for name in map(str, record.epochs) if name.endswith(f"_{panel}")]  # those of several heads, too
    own += [name for name in map(str, record.epochs) if panel == "metric" and name.startswith("recall_")]
    ends = record.epochs[["epoch", "step", *own]]
    return score_rows(ends, record) if panel == "metric" else ends


def figure(record: Record, panel: str, colors: Colors) -> go.Figure:
    """The chart of one panel of the live picture: of a channel, unless it has a chart of its own, by its mark."""
    if panel in EPOCHS:
        made = over_epochs([epoch_curves(record, panel)], colors)
        if panel == "metric":
            scores(made, score_lines(record), colors)
        return style_axes(made, colors, _("step"), axis(panel), log=False)
    if panel == "output":
        return style_axes(plane(output_map(record), colors), colors, "x₁", "x₂", log=False)
    if panel == "curve":
        return style_axes(curve(prediction(record), colors), colors, "x", "y", log=False)
    return marks.figure(record, record.channels[panel], colors)
