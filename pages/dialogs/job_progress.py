"""The events of a job as they come, in the language spoken."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import IO, Any, Literal

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_requests import ScriptRequestType

from engine.processes.execution import Execution, JobState, submit
from engine.processes.job import Event, Job
from pages.session import state
from pages.session.i18n import _
from pages.session.literal import escape_markdown
from pages.session.messages import translate_error

PAUSE = 0.15  # seconds between two looks at what has come


def start_job(job: type[Job], document: str, result: IO[bytes] | None = None) -> None:
    """Start a job in place of the one that this session has; a result of bytes goes to `result`."""
    cancel_job()
    state.remember(job=submit(job, document, visitor=state.get_visitor(), result=result))


def cancel_job() -> None:
    """Cancel the one that this session has."""
    execution = state.recall("job")
    if execution is not None:
        execution.cancel()


def follow_job(wait: Any) -> Iterator[Event]:
    """The events as they come; `wait` is a place where something is drawn meanwhile, so that the page can interrupt.

    What cannot be examined is said there, and so is an early end. Ends early where a click in the dialog waits for this
    script to end.
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
        if is_click_waiting():
            return
        wait.caption(describe_queue(execution.position) if execution.state is JobState.WAITING else _("At work …"))
        time.sleep(PAUSE)
    wait.empty()
    if execution.state is JobState.CANCELLED:
        wait.caption(_("Stopped."))
    elif execution.error is not None:
        icon = ":material/error:" if execution.state is JobState.REFUSED else None
        wait.error(escape_markdown(translate_error(execution.error)), icon=icon)


def is_click_waiting() -> bool:
    """Whether the dialog is to be drawn again after this script.

    A click on the page interrupts a script that draws, one within a dialog waits: without this, the button that stops a
    job would be obeyed once the job is done. Streamlit has no public name for it.
    """
    context = get_script_run_ctx()
    requests = context.script_requests if context is not None else None
    return requests is not None and requests._state is ScriptRequestType.RERUN


def describe_queue(position: int) -> str:
    """How long the line is."""
    if position > 1:
        return _("Waiting for a free place, number {n} in line …", n=position)
    return _("Waiting for a free place …")


def draw_stop_button(width: Literal["content", "stretch"] = "content") -> Any:
    """A place with the button that ends the process; empty it when there is nothing to end."""
    placeholder = st.empty()
    if not state.recall("job").over:
        placeholder.button(_("Stop"), icon=":material/stop_circle:", on_click=cancel_job, key="stop_study", width=width)
    return placeholder
