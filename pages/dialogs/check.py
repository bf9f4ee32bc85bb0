"""The dialog of the sanity checks: a list that fills while a process works."""

from __future__ import annotations

from typing import Any

import streamlit as st

from engine.catalogue.part import catalogue
from engine.checks import Check
from engine.experiment.experiment import Experiment
from engine.jobs.run_checks import RunChecks
from pages.dialogs.job_progress import cancel_job, draw_stop_button, follow_job, start_job
from pages.session import state
from pages.session.i18n import _, pgettext
from pages.session.literal import escape_markdown
from pages.session.messages import translate_plain


def open_checks() -> None:
    """Starts the checks of the experiment on the page and opens the dialog."""
    experiment: Experiment = state.recall("accepted")
    start_job(RunChecks, experiment.to_json())
    st.dialog(_("Sanity checks"), width="large", on_dismiss=cancel_job)(draw_checks)()


def format_verdict(name: str) -> str:
    """A verdict as icon and word."""
    return {
        "pass": f":green[:material/check_circle: {_('Passed')}]",
        "warn": f":orange[:material/warning: {_('Look at this')}]",
        "fail": f":red[:material/cancel: {_('Failed')}]",
        "none": f":gray[:material/do_not_disturb_on: {_('Does not apply')}]",
    }[name]


def draw_checks() -> None:
    """What each check expects and found, one after the other."""
    state.apply_language()
    st.caption(_("What has to hold before it is worth training for long. The run on the page is not touched."))
    # All are listed at once, so that nothing jumps while outcomes come in.
    placeholders = {kind: st.empty() for kind in catalogue(Check)}
    for kind, placeholder in placeholders.items():
        placeholder.markdown(f":gray[:material/pending: {translate_check(kind)}]")
    wait, stop = st.empty(), draw_stop_button()
    for answer in follow_job(wait):
        with placeholders[answer["kind"]].container(key=f"check_{answer['kind']}"):
            draw_outcome(answer)
    stop.empty()


def translate_check(kind: str) -> str:
    """What the check is called."""
    return pgettext("part", catalogue(Check)[kind].title())


def draw_outcome(answer: dict[str, Any]) -> None:
    """One check's outcome."""
    st.markdown(f"{format_verdict(answer['verdict'])} · **{translate_check(answer['kind'])}**")
    lines = [
        _("Expected: {sentence}", sentence=escape_markdown(translate_plain(answer["expected"]))),
        _("Found: {sentence}", sentence=escape_markdown(translate_plain(answer["found"]))),
    ]
    if answer["remedy"]["text"]:
        lines.append(f"**{_('What to do')}:** {escape_markdown(translate_plain(answer['remedy']))}")
    st.caption("  \n".join(lines))
