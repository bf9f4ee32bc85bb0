"""Dialogs that several pages open: checks, cost, export and import, a large chart, a new name."""
