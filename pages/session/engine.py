"""This process's one line to the supervisor and its one view of the store."""

from __future__ import annotations

from functools import cache

from engine.runtime.client import Fleet
from engine.store.reader import Reader


@cache
def get_fleet() -> Fleet:
    """The client; it starts a supervisor when none answers."""
    return Fleet()


@cache
def get_reader() -> Reader:
    """The store, read-only. The supervisor has made the files by the time it answers."""
    # A reader cannot make the database: it opens it read-only.
    get_fleet().ensure()
    return Reader(get_fleet().layout.home)
