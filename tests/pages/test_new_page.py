"""To add a page is to add one folder: dropped into a copy of the pages, it is in the menu and opens."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MENU = """
from pages.session.menu_entry import MenuEntry

MENU = MenuEntry(title="Landscape", icon="landscape", order={order})
"""
OPEN = """
import json, sys
import streamlit
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

menu, navigation = [], streamlit.navigation

def record(pages, **options):
    menu[:] = [(page.title, page.icon, page.url_path) for page in pages]
    return navigation(pages, **options)

streamlit.navigation = record
app = AppTest.from_file("pages/shell.py", default_timeout=60)
app._page_hash = calc_hash("landscape")
app.run()
assert not app.exception, app.exception
print(json.dumps([menu, [one.value for one in app.markdown]]))
"""
PAGES = ["Playground", "Your data", "Runs", "Reference"]


@pytest.mark.parametrize(("order", "menu"), [(50, [*PAGES, "Landscape"]), (25, [*PAGES[:2], "Landscape", *PAGES[2:]])])
def test_a_folder_becomes_a_page(tmp_path: Path, order: int, menu: list[str]) -> None:
    for name in ("engine", "assets"):
        (tmp_path / name).symlink_to(ROOT / name)
    shutil.copytree(ROOT / "pages", tmp_path / "pages", ignore=shutil.ignore_patterns("__pycache__"))
    page = tmp_path / "pages" / "landscape"
    page.mkdir()
    (page / "__init__.py").write_text(MENU.format(order=order))
    (page / "page.py").write_text('import streamlit as st\n\nst.markdown("Hills and valleys")\n')
    there = {**os.environ, "PYTHONPATH": str(tmp_path), "PLAYGROUND_STORE": str(tmp_path / "store")}
    done = subprocess.run([sys.executable, "-c", OPEN], cwd=tmp_path, env=there, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    entries, shown = json.loads(done.stdout.splitlines()[-1])
    assert [title for title, *_ in entries] == menu
    assert ["Landscape", ":material/landscape:", "landscape"] in entries
    assert entries[0] == ["Playground", ":material/neurology:", ""]
    assert shown == ["Hills and valleys"]
