"""What a process that examines an experiment says, as it comes, in the language spoken."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import streamlit as st

from engine.errors import InvalidExperiment
from engine.jobs.process import Study
from pages.session import state
from pages.session.i18n import _
from pages.session.literal import literal
from pages.session.messages import phrase, sentence

PAUSE = 0.15  # seconds between two looks at what has come


def begun(what: str, document: str) -> None:
    """Starts one in place of the one that this session has."""
    stopped()
    state.remember(study=Study(what, document))


def stopped() -> None:
    """Ends the one that this session has."""
    study = state.memory("study")
    if study is not None:
        study.cancel()


def coming(wait: Any) -> Iterator[dict[str, Any]]:
    """The answers as they come; `wait` is a place where something is drawn meanwhile, so that the page can interrupt.

    What cannot be examined is said there, and so is an early end.
    """
    study: Study = state.memory("study")
    seen = 0
    while True:
        over = study.over
        while seen < len(study.answers):
            answer = study.answers[seen]
            seen += 1
            if "error" in answer:
                wait.error(literal(refusal(answer)), icon=":material/error:")
                return
            yield answer
        if over:
            break
        wait.caption(_("Waiting for a free place …") if study.state == "waiting" else _("At work …"))
        time.sleep(PAUSE)
    wait.empty()
    if study.state == "cancelled":
        wait.caption(_("Stopped."))
    elif study.state == "failed":
        wait.error(_("The process that examines the network went away; please try once more."))


def refusal(answer: dict[str, Any]) -> str:
    """Why it could not be examined."""
    return sentence(InvalidExperiment.of(answer)) if "where" in answer else phrase(answer["error"])


def stop_button() -> Any:
    """A place with the button that ends the process; empty it when there is nothing to end."""
    place = st.empty()
    if not state.memory("study").over:
        place.button(_("Stop"), icon=":material/stop_circle:", on_click=stopped, key="stop_study")
    return place
