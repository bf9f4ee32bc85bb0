"""Navigation: the pages are the folders here that have a `page.py`; each declares its `MENU` in its `__init__.py`."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import cast

from pages.session.menu_entry import MenuEntry

PAGES = Path(__file__).parent


def list_pages() -> dict[str, MenuEntry]:
    """Menu entries by folder, in the order of the menu."""
    folders = (file.parent.name for file in PAGES.glob("*/page.py"))
    found = {name: cast(MenuEntry, import_module(f"pages.{name}").MENU) for name in folders}
    return dict(sorted(found.items(), key=lambda page: (page[1].order, page[0])))
