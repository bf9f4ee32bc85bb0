"""Finding runs by what is typed: all of its words, in any order, in the name, experiment, state or id of a run."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import streamlit as st

from engine.store.reader import RunRow
from pages.runs.listing import STATES
from pages.session.experiment_title import describe_experiment
from pages.session.i18n import _, current_language


def filter_runs(rows: Sequence[RunRow]) -> list[RunRow]:
    """The runs that the field asks for; all of them while nothing is typed."""
    wanted = fold(st.session_state.get("run_search") or "").split()
    return [row for row in rows if all(word in collect_text(row) for word in wanted)] if wanted else list(rows)


def collect_text(row: RunRow) -> str:
    """What of a run is searched, in the language spoken."""
    return fold(f"{row.name} {describe_experiment(row.edited, current_language())} {_(STATES[row.state])} {row.id}")


def fold(said: str) -> str:
    """Without capitals and accents."""
    split = unicodedata.normalize("NFKD", said.casefold())
    return "".join(letter for letter in split if not unicodedata.combining(letter))


def draw_search_field() -> None:
    """Where it is typed; acts while it is typed."""
    st.text_input(
        _("Search runs"),
        type="search",
        key="run_search",
        placeholder=_("Search: name, experiment, state, id"),
        icon=":material/search:",
        label_visibility="collapsed",
        max_chars=80,
        live="300ms",
        width=400,
    )


def draw_nothing_found(_found: Sequence[RunRow]) -> None:
    """No run is like that."""
    with st.container(key="nothing_found", horizontal_alignment="center"):
        st.markdown(f"### {_('No run matches')}", text_alignment="center", width="content")
        st.caption(_("Every word must be in a run's name, experiment, state or id."), text_alignment="center")
        st.button(_("Show all runs"), icon=":material/close:", key="show_all", on_click=clear_search)


def clear_search() -> None:
    """Empties the field."""
    st.session_state["run_search"] = ""


def count_selection(chosen: int, hidden: int, most: int) -> str:
    """How many runs the buttons are about."""
    if not chosen:
        return _("Choose one run to open it, two or more to compare them.")
    many = _("{n} chosen; the first {most} are drawn", n=chosen, most=most)
    said = many if chosen > most else _("{n} chosen", n=chosen)
    return f"{said} · {_('{n} of them not in this search', n=hidden)}" if hidden else said
