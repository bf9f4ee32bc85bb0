"""All parts on one page: a search box, the families, a card for each part."""

from __future__ import annotations

import streamlit as st

from engine.catalogue.part import Part
from pages.form.part_help import (
    escape_signs,
    list_parts,
    matches,
    name_family,
    name_part,
    read_summary,
    translate_part_title,
)
from pages.session.i18n import _, current_language


def draw_overview() -> None:
    """What there is, narrowed by words and family."""
    st.markdown(f"## {_('Reference')}")
    st.caption(_("Everything a network is made of here: what it is, when to use it, what goes wrong."))
    with st.container(key="narrow"):
        wanted = st.text_input(
            _("Search"),
            placeholder=_("Search by name, formula or family"),
            icon=":material/search:",
            label_visibility="collapsed",
            key="wanted",
        )
        only = st.pills(
            _("Families"),
            list(list_parts()),
            format_func=lambda name: f"{name_family(name)} {len(list_parts()[name])}",
            label_visibility="collapsed",
            key="only",
        )
    found = {
        name: [part for part in parts if matches(part, wanted or "")]
        for name, parts in list_parts().items()
        if only in (None, name)
    }
    count = sum(map(len, found.values()))
    st.caption(_("{n} entries", n=count) if count else _("Nothing is called so. Try a shorter word."))
    for name, parts in found.items():
        if parts:
            st.markdown(f"##### {name_family(name)}")
            with st.container(horizontal=True, gap="small", key=f"cards_{name}"):
                for part in parts:
                    draw_link(part, f"**{translate_part_title(part)}** {format_gray(read_summary(part))}")


def format_gray(words: str) -> str:
    """Words that stand back."""
    return f":gray[{escape_signs(words)}]"


def draw_link(part: type[Part], label: str) -> None:
    """The way to an entry."""
    st.page_link("reference/page.py", label=label, query_params={"part": name_part(part), "lang": current_language()})
