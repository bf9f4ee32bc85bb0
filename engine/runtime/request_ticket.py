"""Who decides over a request: each carries a ticket that only one can take, and a time after which nobody may.

The supervisor takes it just before it acts; a client that waited in vain takes it to give up. Making a file that must
not be there yet is atomic, so whatever was stopped or killed in between: what was refused never acts, and of what acts
the client knows that it was taken on. The clock is the machine's, the same in all processes.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import PlaygroundError
from engine.message import Message
from engine.store.layout import StoreLayout

LATE = Message("The training engine did not answer in time; nothing was changed.")
TAKEN = Message("The training engine has taken this on but does not answer yet; it will be done when it goes on.")
KEPT_SECONDS = 3600.0


@dataclass
class RequestTicket:
    """Right to one attempt at a request. Without a `path` nobody can withdraw it."""

    path: Path | None
    until: float
    taken: bool = False

    @classmethod
    def fresh(cls, layout: StoreLayout, until: float) -> RequestTicket:
        """A new ticket of a client, valid until a time on the monotonic clock."""
        return cls(layout.tickets / secrets.token_hex(8), until)  # the file is made by whoever takes it

    @classmethod
    def of(cls, layout: StoreLayout, request: dict[str, Any]) -> RequestTicket:
        """The ticket that came with a request."""
        name = request.get("ticket")
        # The last part of the path alone: a request cannot name a file elsewhere.
        return cls(layout.tickets / Path(name).name if name else None, request.get("until", float("inf")))

    def to_json(self) -> dict[str, Any]:
        return {"until": self.until, "ticket": self.path.name if self.path else None}

    @property
    def late(self) -> bool:
        return time.monotonic() > self.until

    def take(self) -> bool:
        """Take the ticket for the supervisor; once taken it stays taken."""
        self.taken = self.taken or (not self.late and (self.path is None or _first(self.path)))
        return self.taken

    def claim(self) -> None:
        """Take it. Raises: PlaygroundError when whoever asked has given up."""
        if not self.take():
            raise PlaygroundError(LATE)

    def withdraw(self) -> bool:
        """Take the ticket for the client. False if the supervisor was first: the request is done."""
        return self.path is not None and _first(self.path)


def _first(path: Path) -> bool:
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC
    try:
        os.close(os.open(path, flags, 0o600))
    except FileExistsError:
        return False
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return _first(path)
    except OSError:
        return True  # no room for a file of no bytes: then the clock alone decides
    return True


def sweep(layout: StoreLayout) -> None:
    """Remove old tickets. For the supervisor alone."""
    before = time.time() - KEPT_SECONDS
    with contextlib.suppress(FileNotFoundError):
        for found in list(os.scandir(layout.tickets)):
            if found.stat().st_mtime < before:
                os.unlink(found.path)
