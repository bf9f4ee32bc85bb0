"""The list of runs: one row a run, its numbers from the store."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from engine.errors import PlaygroundError
from engine.run_state import RunState
from engine.store.loss_curves import sample_loss_curve
from engine.store.reader import RunRow, View
from engine.store.row_models import DamagedRun
from pages.session import state
from pages.session.engine import get_reader
from pages.session.experiment_title import describe_experiment
from pages.session.i18n import _, current_language, format_number
from pages.session.literal import escape_markdown
from pages.session.messages import translate_error

STATES = {
    RunState.QUEUED: "queued",
    RunState.RUNNING: "training",
    RunState.PAUSED: "paused",
    RunState.FINISHED: "finished",
    RunState.STOPPED: "stopped",
    RunState.DIVERGED: "diverged",
    RunState.FAILED: "failed",
    RunState.OUT_OF_MEMORY: "out of memory",
    RunState.HELD: "waiting for room",
}
CURVE_SECONDS = 2.0
CURVES_KEPT = 2_000
_curves: dict[str, tuple[tuple[str, int], float, np.ndarray]] = {}


def draw_listing(rows: Sequence[RunRow]) -> None:
    """The table. While any run trains its numbers come again every second; the rows stay where they are."""
    alive = any(not row.state.is_final for row in rows)
    st.fragment(draw_numbers, run_every=1.0 if alive else None)([row.id for row in rows])


def draw_numbers(ids: list[str]) -> None:
    """The table's numbers as they are now; a changed selection redraws the page."""
    state.apply_language()
    try:
        known = {row.id: row for row in get_reader().list_runs()}
    except PlaygroundError as error:
        st.error(escape_markdown(translate_error(error)))
        return
    rows = [known[run] for run in ids if run in known]
    kept = set(state.recall("chosen", []))
    before = [index for index, row in enumerate(rows) if row.id in kept]
    event = st.dataframe(
        make_frame(rows),
        key=f"runs_{hash(tuple(ids))}",
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        selection_default={"selection": {"rows": before}},
        height="content" if len(rows) <= 18 else 664,
        column_config=configure_columns(),
        alt=_("All runs, newest first"),
    )
    chosen = {rows[index].id for index in event.selection.rows if index < len(rows)}
    chosen |= (kept & known.keys()) - set(ids)  # those that the search leaves out stay chosen
    if chosen != kept:
        state.remember(chosen=sorted(chosen))
        st.rerun()


def configure_columns() -> dict[str, Any]:
    """How the columns are shown."""
    return {
        _("Name"): st.column_config.TextColumn(width="medium"),
        _("Loss curve"): st.column_config.LineChartColumn(width=104, help=explain_curve()),
        _("Experiment"): st.column_config.TextColumn(width="large"),
        _("Message"): st.column_config.TextColumn(width="medium"),
    }


def explain_curve() -> str:
    """What the small picture shows."""
    return _(
        "Validation loss by epoch, or training loss where there is no validation; each from its lowest to its highest."
    )


def make_frame(rows: Sequence[RunRow]) -> pd.DataFrame:
    """The rows as a table in the language spoken; names have a column when there are any."""
    drawn = read_small_curves(rows)
    table = pd.DataFrame([make_row(row, drawn[row.id]) for row in rows])
    return table if any(row.name for row in rows) else table.drop(columns=_("Name"), errors="ignore")


def read_small_curves(rows: Sequence[RunRow]) -> dict[str, np.ndarray]:
    """The curve of every run; kept for all visitors, and read again while a run trains, but not each second."""
    for run in list(_curves)[:-CURVES_KEPT]:
        _curves.pop(run, None)
    found = {}
    with get_reader().open_view() as view:
        for row in rows:
            kept, now = _curves.get(row.id), time.monotonic()
            changed = kept is None or kept[0] != (row.state, row.step)
            if kept is None or (changed and (row.state.is_final or now - kept[1] >= CURVE_SECONDS)):
                kept = _curves[row.id] = ((row.state, row.step), now, read_sound_curve(view, row))
            found[row.id] = kept[2]
    return found


def read_sound_curve(view: View, row: RunRow) -> np.ndarray:
    """A run's small picture; none where what is stored of it is damaged."""
    try:
        return np.empty(0) if row.damage else sample_loss_curve(view.connection, row.id)
    except (DamagedRun, ArithmeticError, LookupError, TypeError, ValueError):
        return np.empty(0)


def make_row(row: RunRow, drawn: Sequence[float] | np.ndarray = ()) -> dict[str, Any]:
    """One run. Of a damaged one is shown what can be deleted."""
    if row.damage:
        return {_("State"): _("damaged"), _("Experiment"): row.id, _("Message"): translate_error(DamagedRun())}
    ended = row.updated if row.state.is_final else time.time()
    return {
        _("State"): _(STATES[row.state]),
        _("Name"): row.name,
        _("Loss curve"): drawn,
        _("Experiment"): describe_experiment(row.edited, current_language()),
        _("Steps"): format_number(row.step, 6),
        _("Epochs"): format_number(row.epoch, 6),
        _("Train loss"): format_number(row.summary.get("train_loss")),
        _("Validation loss"): format_validation_loss(row.summary),
        _("Metric"): format_number(row.summary.get("validation_metric")),
        _("Started"): datetime.fromtimestamp(row.created).strftime("%Y-%m-%d %H:%M"),
        _("Duration"): format_duration(ended - row.created),
    }


def format_validation_loss(summary: dict[str, Any]) -> str:
    """Of the last epoch; where other weights were put back at the end, theirs, and of which epoch they are."""
    loss, epoch = summary.get("kept_validation_loss"), summary.get("kept_epoch")
    if loss is None or epoch is None:
        return format_number(summary.get("validation_loss"))
    return _("{loss} (epoch {epoch})", loss=format_number(loss), epoch=format_number(epoch, 6))


def format_duration(seconds: float) -> str:
    """Seconds as h:mm:ss."""
    whole = max(0, int(seconds))
    return f"{whole // 3600}:{whole % 3600 // 60:02}:{whole % 60:02}"
