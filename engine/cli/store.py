"""Command `store`: the state of the store, and the restoring of its newest backup."""

from __future__ import annotations

from engine.cli.checks import Add, print_line


def add_commands(add: Add) -> None:
    """Add `store` to the parser."""
    about = "say how the store is; restore: put its newest backup back; dismiss: what it says was read"
    sub = add("store", lambda options: print_store_state(options.do), about)
    sub.add_argument("do", nargs="?", choices=("restore", "dismiss"))


def print_store_state(do: str | None) -> int:
    """Print the state of the store after `restore`, `dismiss` or nothing. Returns 1 if the store was damaged."""
    from engine.runtime.client import Fleet
    from engine.store import backups, integrity
    from engine.store.layout import StoreLayout

    layout = StoreLayout.of(None)
    if do == "dismiss":
        integrity.clear_note(layout)
    if do == "restore":
        fleet = Fleet()
        try:
            fleet.restore()
        finally:
            fleet.close()
        print_line("The newest backup was put back; runs that trained then are paused.")
        return 0
    note = integrity.read_note(layout)
    copies = backups.list_copies(layout)
    print_line(str(note.message) if note else "The store is as it should be.")
    print_line(f"newest backup: {copies[0].stem}" if copies else "There is no backup of the store.")
    return 1 if note else 0
