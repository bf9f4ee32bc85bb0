"""The dialog of the sanity checks: a list that fills while a process works."""

from __future__ import annotations

from typing import Any

import streamlit as st

from engine.catalogue.part import catalogue
from engine.checks import Check
from engine.experiment.experiment import Experiment
from engine.jobs.run_checks import RunChecks
from pages.dialogs.job_progress import begin, cancel, follow, stop_button
from pages.session import state
from pages.session.i18n import _, pgettext
from pages.session.literal import literal
from pages.session.messages import phrase


def check() -> None:
    """Starts the checks of the experiment on the page and opens the dialog."""
    experiment: Experiment = state.memory("accepted")
    begin(RunChecks, experiment.to_json())
    st.dialog(_("Sanity checks"), width="large", on_dismiss=cancel)(checks)()


def verdict(name: str) -> str:
    """A verdict as icon and word."""
    return {
        "pass": f":green[:material/check_circle: {_('Passed')}]",
        "warn": f":orange[:material/warning: {_('Look at this')}]",
        "fail": f":red[:material/cancel: {_('Failed')}]",
        "none": f":gray[:material/do_not_disturb_on: {_('Does not apply')}]",
    }[name]


def checks() -> None:
    """What each check expects and found, one after the other."""
    state.language()
    st.caption(_("What has to hold before it is worth training for long. The run on the page is not touched."))
    places = {kind: st.empty() for kind in catalogue(Check)}
    for kind, place in places.items():
        place.markdown(f":gray[:material/pending: {title(kind)}]")
    wait, stop = st.empty(), stop_button()
    for answer in follow(wait):
        with places[answer["kind"]].container(key=f"check_{answer['kind']}"):
            one(answer)
    stop.empty()


def title(kind: str) -> str:
    """What the check is called."""
    return pgettext("part", catalogue(Check)[kind].title())


def one(answer: dict[str, Any]) -> None:
    """One check's outcome."""
    st.markdown(f"{verdict(answer['verdict'])} · **{title(answer['kind'])}**")
    lines = [
        _("Expected: {sentence}", sentence=literal(phrase(answer["expected"]))),
        _("Found: {sentence}", sentence=literal(phrase(answer["found"]))),
    ]
    if answer["remedy"]["text"]:
        lines.append(f"**{_('What to do')}:** {literal(phrase(answer['remedy']))}")
    st.caption("  \n".join(lines))
