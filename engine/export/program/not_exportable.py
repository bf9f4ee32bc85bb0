"""The refusal to make a program of a part."""

from __future__ import annotations

from engine.errors import PlaygroundError


class NotExportable(PlaygroundError):
    """A part that no program of its own can be made of."""
