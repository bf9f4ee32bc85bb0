"""The page Your data: upload a file, correct how it was read, or draw points."""

from pages.session.menu_entry import MenuEntry

MENU = MenuEntry(title="Your data", icon="upload_file", order=20)
