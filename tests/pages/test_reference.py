"""Every entry of the reference is drawn."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.form.part_help import list_parts, name_part

PAGE = Path(__file__).parents[2] / "pages" / "reference/page.py"
PARTS = sorted(name_part(part) for parts in list_parts().values() for part in parts)


@pytest.mark.parametrize("name", PARTS)
def test_an_entry_is_drawn(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streamlit.page_link", lambda *_, **__: None)  # a link needs the menu around the page
    page = AppTest.from_file(str(PAGE), default_timeout=60)
    page.query_params["part"] = name
    page.run()
    assert not page.exception
    assert page.markdown[0].value.startswith("## ")
