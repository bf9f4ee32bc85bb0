"""Fetching what a data set needs, with a bar that fills."""

from __future__ import annotations

import streamlit as st

from engine.downloads.fetch import fetch, is_fetched
from engine.errors import PlaygroundError
from engine.parts.datasets import Dataset
from pages.session.i18n import _, pgettext


def describe_download(part: type[Dataset]) -> str:
    """What a tile says of a data set whose files are not here yet."""
    missing = [remote for remote in part.remote if not is_fetched(remote)]
    return _("fetched when chosen: {n} MB", n=round(sum(remote.size for remote in missing) / 1e6)) if missing else ""


def fetch_files(part: type[Dataset]) -> None:
    """Fetch the files that are not here yet. What goes wrong is said where the data set is then used."""
    missing = [remote for remote in part.remote if not is_fetched(remote)]
    if not missing:
        return
    total, got = sum(remote.size for remote in missing), 0
    text = _("Fetching {title}: {n} MB", title=pgettext("part", part.title()), n=round(total / 1e6))
    bar = st.progress(0.0, text)

    def show_progress(count: int) -> None:
        nonlocal got
        got += count
        bar.progress(min(1.0, got / total), text)

    try:
        for remote in missing:
            fetch(remote, show_progress)
    except PlaygroundError:
        pass
    bar.empty()
