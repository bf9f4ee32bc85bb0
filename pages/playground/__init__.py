"""The page Playground: choose on the left, watch on the right."""

from pages.session.menu_entry import MenuEntry

MENU = MenuEntry(title="Playground", icon="neurology", order=10)
