"""The page Reference: every part, explained from its own docstring."""

from pages.session.menu_entry import MenuEntry

MENU = MenuEntry(title="Reference", icon="menu_book", order=40)
