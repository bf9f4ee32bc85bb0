"""What can be done with the chosen runs: open, rename, stop, delete; and bringing one from elsewhere."""

from __future__ import annotations

import streamlit as st

from engine.errors import PlaygroundError
from engine.store.reader import RunRow
from pages.dialogs import rename
from pages.dialogs.export import open_import
from pages.runs import search
from pages.session import state
from pages.session.engine import get_fleet
from pages.session.i18n import _, current_language


def draw_actions(chosen: list[RunRow], hidden: int, most: int) -> None:
    """The buttons; each says how many runs it is about by being on or off."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        one = len(chosen) == 1 and not chosen[0].damage
        if st.button(_("Open"), icon=":material/open_in_new:", disabled=not one, key="open", type="primary"):
            st.switch_page("playground/page.py", query_params={"run": chosen[0].id, "lang": current_language()})
        if st.button(_("Name"), icon=":material/edit:", disabled=len(chosen) != 1, key="name"):
            st.dialog(_("A name for the run"))(rename.ask_name)(chosen[0])
        alive = [row.id for row in chosen if not row.state.is_final]
        if st.button(_("Stop"), icon=":material/stop:", disabled=not alive, key="stop"):
            act_on_runs(alive, delete=False)
        if st.button(_("Delete"), icon=":material/delete:", disabled=not chosen, key="delete"):
            st.dialog(_("Delete runs?"))(confirm_deletion)([row.id for row in chosen])
        if st.button(_("Import"), icon=":material/upload:", key="import"):
            open_import()
        st.caption(search.count_selection(len(chosen), hidden, most), width="stretch")


def confirm_deletion(ids: list[str]) -> None:
    """The question before deleting."""
    state.apply_language()
    st.markdown(_("{n} runs and everything recorded of them will be gone for good.", n=len(ids)))
    with st.container(horizontal=True):
        if st.button(_("Delete for good"), type="primary", key="confirmed"):
            act_on_runs(ids, delete=True)
        if st.button(_("Keep them"), key="kept"):
            st.rerun()


def act_on_runs(ids: list[str], *, delete: bool) -> None:
    """Stop or delete some runs, then draw the page anew."""
    try:
        for run in ids:
            get_fleet().delete(run) if delete else get_fleet().stop(run)
    except PlaygroundError as error:
        state.remember(notice=error)
    if delete:
        state.remember(chosen=[])
    st.rerun()
