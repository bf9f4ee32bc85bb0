"""The command line's `store`: what befell it, and the way back to its newest backup."""

from __future__ import annotations

from engine.cli.checks import Add, print_line


def commands(add: Add) -> None:
    """Add `store` to the parser."""
    about = "say how the store is; restore: put its newest backup back; dismiss: what it says was read"
    sub = add("store", lambda options: store(options.do), about)
    sub.add_argument("do", nargs="?", choices=("restore", "dismiss"))


def store(do: str | None) -> int:
    """Print how the store is, after what was asked for; status 1 if it is damaged."""
    from engine.runtime.client import Fleet
    from engine.store import backups, integrity
    from engine.store.layout import StoreLayout

    place = StoreLayout.of(None)
    if do == "dismiss":
        integrity.clear_note(place)
    if do == "restore":
        fleet = Fleet()
        try:
            fleet.restore()
        finally:
            fleet.close()
        print_line("The newest backup was put back; runs that trained then are paused.")
        return 0
    note = integrity.read_note(place)
    copies = backups.list_copies(place)
    print_line(str(note.message) if note else "The store is as it should be.")
    print_line(f"newest backup: {copies[0].stem}" if copies else "There is no backup of the store.")
    return 1 if note else 0
