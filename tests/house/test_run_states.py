"""Run states are one table: in Python, in the browser, in its texts and on the list of runs."""

from __future__ import annotations

import re

import pytest

from engine.run_state import ACTIVE, RunState
from pages.runs.listing import STATES
from tests.house.source import python, text, tracked

ROW = re.compile(r"^  (\w+): \{ final: (\w+), active: (\w+), error: (\w+) \},$", re.MULTILINE)
NAME = re.compile(r'^  ([A-Z_]+): "(\w+)",$', re.MULTILINE)
MODULE = text("assets/live/stream/run_state.js")


def test_the_browser_has_the_same_states() -> None:
    said = {name: tuple(flag == "true" for flag in flags) for name, *flags in ROW.findall(MODULE)}
    assert said == {state.value: (state.is_final, state.is_active, state.is_error) for state in RunState}
    assert dict(NAME.findall(MODULE)) == {state.name: state.value for state in RunState}


def test_a_state_is_final_or_active_or_paused() -> None:
    assert [state for state in RunState if not state.is_final and not state.is_active] == [RunState.PAUSED]
    assert not any(state.is_final for state in ACTIVE)
    assert all(state.is_final for state in RunState if state.is_error)


@pytest.mark.parametrize("state", RunState)
def test_every_state_has_a_name_in_the_browser_and_in_the_list(state: RunState) -> None:
    assert f"  state_{state}: " in text("assets/live/text/texts.js")
    assert state in STATES


JS = [path for path in tracked() if path.startswith("assets/live/") and path.endswith(".js")]
WORDS = "|".join(state.value for state in RunState)
BARE = re.compile(rf"""\bstate\b["'\w.]*\s*(?:[=!]==?|:|=|in|not in)\s*[({{\[]?\s*["'](?:{WORDS})["']""")


JOBS = {"engine/jobs/process.py", "pages/dialogs/job_progress.py"}
"""Their states are those of a job, which is no run."""


@pytest.mark.parametrize("path", [path for path in (*python("engine/", "pages/"), *JS) if path not in JOBS])
def test_no_state_is_a_bare_string(path: str) -> None:
    assert not BARE.findall(text(path))
