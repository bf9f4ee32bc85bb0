"""The two browser components, each registered once; their code is imported from /assets."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from typing import Any

import streamlit as st

from pages.settings import ASSETS

# A superseded run of the default export must not tear the picture down: only an element that left the page does.
BOOTSTRAP = """
export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".playground-mount");
  const api = { trigger: setTriggerValue };
  root.made ??= import(new URL(data.source, document.baseURI)).then((code) => code.create(root, api));
  root.made.then((made) => made.update(data));
  return () => setTimeout(() => { if (!root.isConnected) root.made.then((made) => made.destroy()); }, 0);
}
"""


@cache
def register_component(name: str) -> Any:
    """The component whose code is `assets/live/<name>.js`."""
    known = f"playground_{name.rpartition('/')[2]}"
    return st.components.v2.component(known, html='<div class="playground-mount"></div>', js=BOOTSTRAP)


@cache
def compute_version() -> str:
    """A word for the code of all components and its translations; it changes whenever any of them does."""
    digest = sha256()
    for path in sorted((*(ASSETS / "live").rglob("*.*"), *(ASSETS / "locale").rglob("*.po"))):
        # Contents, not dates: a fresh clone of the same version has the same addresses.
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def locate_source(name: str) -> str:
    """The address of a component's code. What it imports stands beside it, so that the version is in every address."""
    return f"/assets/{compute_version()}/{name}.js"


def locate_translations(language: str) -> str:
    """The address of the translations of the engine's messages; none in English, in which they are written."""
    return "" if language == "en" else f"/assets/{compute_version()}/translations/{language}.json"
