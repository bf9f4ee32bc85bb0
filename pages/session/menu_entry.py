"""Menu entry: what a page's package declares of itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class MenuEntry:
    """A page in the menu: its title in English, a Material icon, and its order. The first page opens without a path."""

    title: str
    icon: str
    order: int
