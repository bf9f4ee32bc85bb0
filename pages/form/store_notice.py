"""What befell the store, said until someone has read it, and the way back to its newest backup."""

from __future__ import annotations

import streamlit as st

from engine.errors import PlaygroundError
from engine.store import backups, integrity
from pages.session import state
from pages.session.engine import get_fleet
from pages.session.i18n import _
from pages.session.literal import escape_markdown
from pages.session.messages import translate


def draw_store_notice() -> None:
    """The sentence and two buttons; nothing where nothing happened."""
    layout = get_fleet().layout
    note = integrity.read_note(layout)
    if note is None:
        return
    st.error(escape_markdown(translate(note.message)), icon=":material/database_off:")
    copies = backups.list_copies(layout)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if copies and st.button(_("Restore the newest backup"), icon=":material/history:", key="restore"):
            restore_backup()
        if st.button(_("Go on without"), key="dismiss"):
            integrity.clear_note(layout)
            st.rerun()
        day = copies[0].stem if copies else ""
        copy = _("Backup of {day}; what is here now is kept aside.", day=f"{day[:4]}-{day[4:6]}-{day[6:8]}")
        st.caption(copy if copies else _("There is no backup of the store."))


def restore_backup() -> None:
    """Puts it back and draws the page anew."""
    try:
        with st.spinner(_("Restoring the backup…")):
            get_fleet().restore()
    except PlaygroundError as error:
        state.remember(notice=error)
    st.rerun()
