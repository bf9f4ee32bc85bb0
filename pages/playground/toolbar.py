"""The row of buttons under the presets: each opens a dialog."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.dialogs.check import check
from pages.dialogs.cost import cost
from pages.dialogs.export import export
from pages.session.i18n import _

Button = tuple[str, str, Callable[[], None]]  # label, icon, what opens it


def buttons() -> tuple[Button, ...]:
    """All of them, from left to right."""
    return (
        (_("Check"), ":material/fact_check:", check),
        (_("Cost"), ":material/payments:", cost),
        (_("Export"), ":material/download:", export),
    )


def tools() -> None:
    """Draws the row; the one that was pressed opens its dialog."""
    with st.container(horizontal=True, gap="small", key="tools"):
        pressed = [
            begin
            for place, (label, icon, begin) in enumerate(buttons())
            if st.button(label, icon=icon, width="stretch", key=f"tool_{place}")
        ]
    for begin in pressed:
        begin()
