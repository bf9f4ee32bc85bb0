"""The list of runs: one row a run, its numbers from the store."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pandas as pd
import streamlit as st

from engine.store.reader import RunRow
from engine.store.tables import FINAL
from pages.ui import state
from pages.ui.fleet import reader
from pages.ui.text import _, number, spoken
from pages.ui.words import words

STATES = {
    "queued": "queued",
    "running": "training",
    "paused": "paused",
    "finished": "finished",
    "stopped": "stopped",
    "diverged": "diverged",
    "failed": "failed",
    "held": "waiting for room",
}


def listing(rows: Sequence[RunRow]) -> None:
    """The table. While any run trains its numbers come again every second; the rows stay where they are."""
    alive = any(row.state not in FINAL for row in rows)
    st.fragment(numbers, run_every=1.0 if alive else None)([row.id for row in rows])


def numbers(ids: list[str]) -> None:
    """The table's numbers as they are now; a changed selection redraws the page."""
    state.language()
    known = {row.id: row for row in reader().runs()}
    rows = [known[run] for run in ids if run in known]
    before = [place for place, row in enumerate(rows) if row.id in state.memory("chosen", [])]
    event = st.dataframe(
        frame(rows),
        key=f"runs_{hash(tuple(ids))}",
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        selection_default={"selection": {"rows": before}},
        height="content" if len(rows) <= 18 else 664,
        column_config=columns(),
        alt=_("All runs, newest first"),
    )
    chosen = {rows[place].id for place in event.selection.rows if place < len(rows)}
    if chosen != set(state.memory("chosen", [])):
        state.remember(chosen=sorted(chosen))
        st.rerun()


def columns() -> dict[str, Any]:
    """How the columns are shown."""
    return {
        _("Experiment"): st.column_config.TextColumn(width="large"),
        _("Message"): st.column_config.TextColumn(width="medium"),
    }


def frame(rows: Sequence[RunRow]) -> pd.DataFrame:
    """The rows as a table in the language spoken."""
    return pd.DataFrame([line(row) for row in rows])


def line(row: RunRow) -> dict[str, str]:
    """One run."""
    ended = row.updated if row.state in FINAL else time.time()
    return {
        _("State"): _(STATES.get(row.state, row.state)),
        _("Experiment"): words(row.edited, spoken()),
        _("Steps"): number(row.step, 6),
        _("Epochs"): number(row.epoch, 6),
        _("Train loss"): number(row.summary.get("train_loss")),
        _("Validation loss"): number(row.summary.get("validation_loss")),
        _("Metric"): number(row.summary.get("validation_metric")),
        _("Started"): datetime.fromtimestamp(row.created).strftime("%Y-%m-%d %H:%M"),
        _("Duration"): duration(ended - row.created),
    }


def duration(seconds: float) -> str:
    """Seconds as h:mm:ss."""
    whole = max(0, int(seconds))
    return f"{whole // 3600}:{whole % 3600 // 60:02}:{whole % 60:02}"
