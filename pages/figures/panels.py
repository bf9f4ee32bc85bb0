"""The large form of each panel of the live picture, and the numbers behind it. No streamlit in here."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from pages.figures import marks, readings
from pages.figures.charts import Colors, draw_curve, draw_epochs, draw_plane, name_axis, style_axes
from pages.figures.outcomes import EPOCHS, read_epoch_curves, read_output_map, read_prediction, read_score_lines
from pages.figures.scores import add_scores, merge_scores
from pages.session.i18n import _
from pages.session.run_records import RunRecord


def tabulate_panel(record: RunRecord, panel: str) -> pd.DataFrame:
    """The numbers behind a panel, one row a step (or an epoch, or a cell), for download."""
    # What an older run did not measure has no numbers: an empty table, not an error.
    if panel not in EPOCHS:
        return readings.tabulate_channel(record, record.channels[panel]) if panel in record.channels else pd.DataFrame()
    own = [name for name in map(str, record.epochs) if name.endswith(f"_{panel}")]  # those of several heads, too
    own += [name for name in map(str, record.epochs) if panel == "metric" and name.startswith("recall_")]
    ends = record.epochs[["epoch", "step", *own]]
    return merge_scores(ends, record) if panel == "metric" else ends


def draw_panel(record: RunRecord, panel: str, colors: Colors) -> go.Figure:
    """The chart of one panel of the live picture: of a channel, unless it has a chart of its own, by its mark."""
    if panel in EPOCHS:
        figure = draw_epochs([read_epoch_curves(record, panel)], colors)
        if panel == "metric":
            add_scores(figure, read_score_lines(record), colors)
        return style_axes(figure, colors, _("step"), name_axis(panel), log=False)
    if panel == "output":
        return style_axes(draw_plane(read_output_map(record), colors), colors, "x₁", "x₂", log=False)
    if panel == "curve":
        return style_axes(draw_curve(read_prediction(record), colors), colors, "x", "y", log=False)
    return marks.draw_channel(record, record.channels[panel], colors)
