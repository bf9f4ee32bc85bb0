"""Pages opened by their own address: Streamlit's document, told where its server is, so that it need not search.

Without that the browser first asks below the page's address, where nothing is, and the console fills with 404s.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import streamlit as st
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

PAGES = ("data", "runs", "reference")
# Relative to the page, so that it holds behind a proxy that adds a prefix too.
WHERE = "<script>window.__streamlit = { BACKEND_BASE_URL: new URL('.', document.baseURI).href };</script>"


@cache
def document() -> str:
    """Streamlit's own document with that one line first in its head."""
    found = (Path(st.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
    return found.replace("<head>", f"<head>{WHERE}", 1)


def page(_request: Request) -> HTMLResponse:
    """One page; never cached, as its scripts change names with Streamlit's version."""
    return HTMLResponse(document(), headers={"Cache-Control": "no-cache"})


def pages() -> list[Route]:
    """A route for every page that has an address of its own."""
    return [Route(f"/{name}", page) for name in PAGES]
