"""The page Runs: find, open, compare, rename, stop, delete."""

from pages.session.menu_entry import MenuEntry

MENU = MenuEntry(title="Runs", icon="table_rows", order=30)
