"""Runs are found by name, experiment, state and id, in both languages, with or without accents."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from engine.experiment.experiment import Experiment
from engine.message import NOTHING
from engine.run_state import RunState
from engine.store.reader import RunRow
from pages.runs.search import collect_text, fold
from pages.session.i18n import speak


def row(name: str = "", state: str = "running") -> RunRow:
    document = Experiment().to_json()
    counts: dict[str, Any] = {"step": 0, "epoch": 0, "attempt": 1, "parent": None, "parent_step": None}
    series: dict[str, Any] = {"channels": [], "static": None, "summary": {}}
    return RunRow(
        "0123abcd", 0.0, 0.0, document, document, "d", RunState(state), NOTHING, **counts, **series, name=name
    )


@pytest.mark.parametrize(
    ("language", "typed", "found"),
    [
        ("en", "", True),
        ("en", "spiral", True),
        ("en", "SPIRAL training", True),
        ("en", "baseline 0123", True),
        ("en", "adam baseline", True),
        ("en", "finished", False),
        ("en", "espiral", False),
        ("es", "espiral", True),
        ("es", "Baseline número", True),
        ("es", "numero", True),
        ("es", "entrenando", True),
        ("en", ".*", False),
        ("en", "_", False),
    ],
)
def test_all_words_must_be_there(language: str, typed: str, found: bool) -> None:
    speak(language)
    said = collect_text(row("Baseline **número** 1"))
    assert all(word in said for word in fold(typed).split()) is found
    speak("en")


def script() -> None:
    import streamlit as st

    from pages.runs import search
    from tests.pages.test_finding import row

    search.draw_search_field()
    rows = search.filter_runs([row("alpha"), row("beta", "stopped")])
    st.text(",".join(one.name for one in rows))
    if not rows:
        search.draw_nothing_found(rows)


def test_the_field_filters_and_can_be_emptied() -> None:
    app = AppTest.from_function(script, default_timeout=60).run()
    assert app.text[0].value == "alpha,beta"
    app.text_input[0].set_value("stopped").run()
    assert app.text[0].value == "beta"
    app.text_input[0].set_value("nonsense").run()
    assert app.text[0].value == ""
    app.button[0].click().run()
    assert app.text[0].value == "alpha,beta"
    assert not app.exception
