"""The row of buttons under the presets: each opens a dialog."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.dialogs.check import open_checks
from pages.dialogs.cost import open_cost
from pages.dialogs.export import open_export
from pages.session.i18n import _

Button = tuple[str, str, Callable[[], None]]  # label, icon, what opens it


def list_buttons() -> tuple[Button, ...]:
    """All of them, from left to right."""
    return (
        (_("Check"), ":material/fact_check:", open_checks),
        (_("Cost"), ":material/payments:", open_cost),
        (_("Export"), ":material/download:", open_export),
    )


def draw_toolbar() -> None:
    """Draws the row; the one that was pressed opens its dialog."""
    with st.container(horizontal=True, gap="small", key="tools"):
        pressed = [
            begin
            for index, (label, icon, begin) in enumerate(list_buttons())
            if st.button(label, icon=icon, width="stretch", key=f"tool_{index}")
        ]
    for begin in pressed:
        begin()
