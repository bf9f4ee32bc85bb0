"""Opening a page of the app by its address, as a browser does."""

from __future__ import annotations

from pathlib import Path

from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

SHELL = Path(__file__).resolve().parents[2] / "pages" / "shell.py"


def opened(address: str = "") -> AppTest:
    """The app at this address, before its first run. `AppTest.switch_page` goes by the names of files until then."""
    app = AppTest.from_file(SHELL, default_timeout=60)
    app._page_hash = calc_hash(address)
    return app
