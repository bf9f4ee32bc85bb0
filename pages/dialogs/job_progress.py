"""The events of a job as they come, in the language spoken."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import streamlit as st

from engine.processes.execution import Execution, JobState, submit
from engine.processes.job import Event, Job
from pages.session import state
from pages.session.i18n import _
from pages.session.literal import escape_markdown
from pages.session.messages import translate_error

PAUSE = 0.15  # seconds between two looks at what has come


def start_job(job: type[Job], document: str) -> None:
    """Start a job in place of the one that this session has."""
    cancel_job()
    state.remember(job=submit(job, document, visitor=state.get_visitor()))


def cancel_job() -> None:
    """Cancel the one that this session has."""
    execution = state.recall("job")
    if execution is not None:
        execution.cancel()


def follow_job(wait: Any) -> Iterator[Event]:
    """The events as they come; `wait` is a place where something is drawn meanwhile, so that the page can interrupt.

    What cannot be examined is said there, and so is an early end.
    """
    execution: Execution = state.recall("job")
    seen = 0
    while True:
        # Read before the events: one that comes between the two reads is seen in another turn.
        over = execution.over
        while seen < len(execution.events):
            seen += 1
            yield execution.events[seen - 1]
        if over:
            break
        wait.caption(describe_queue(execution.position) if execution.state is JobState.WAITING else _("At work …"))
        time.sleep(PAUSE)
    wait.empty()
    if execution.state is JobState.CANCELLED:
        wait.caption(_("Stopped."))
    elif execution.error is not None:
        icon = ":material/error:" if execution.state is JobState.REFUSED else None
        wait.error(escape_markdown(translate_error(execution.error)), icon=icon)


def describe_queue(position: int) -> str:
    """How long the line is."""
    if position > 1:
        return _("Waiting for a free place, number {n} in line …", n=position)
    return _("Waiting for a free place …")


def draw_stop_button() -> Any:
    """A place with the button that ends the process; empty it when there is nothing to end."""
    place = st.empty()
    if not state.recall("job").over:
        place.button(_("Stop"), icon=":material/stop_circle:", on_click=cancel_job, key="stop_study")
    return place
