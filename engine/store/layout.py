"""Where a store lives: its folder, and the files in it."""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from engine import settings


@dataclass(frozen=True)
class Place:
    """The paths of one store."""

    home: Path

    @classmethod
    def of(cls, folder: Path | None) -> Place:
        """The store in `folder`, or the usual one."""
        return cls((folder or settings.read().store).absolute())

    def prepare(self) -> None:
        """Make the folders, readable by their owner only."""
        self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.checkpoints.mkdir(exist_ok=True, mode=0o700)

    @property
    def database(self) -> Path:
        """Every table, in SQLite."""
        return self.home / "store.db"

    @property
    def checkpoints(self) -> Path:
        """A folder for each run's states."""
        return self.home / "checkpoints"

    @property
    def lock(self) -> Path:
        """Held by the one supervisor there may be."""
        return self.home / "supervisor.lock"

    @property
    def journal(self) -> Path:
        """What the supervisor has to say to an operator."""
        return self.home / "supervisor.log"

    @property
    def secret(self) -> Path:
        """The key that signs tokens for viewers."""
        return self.home / "secret"

    @property
    def backups(self) -> Path:
        """Copies of the database."""
        return self.home / "backups"

    @property
    def note(self) -> Path:
        """What befell the database, until someone has read it."""
        return self.home / "damage.json"

    @property
    def wanted(self) -> Path:
        """The name of the copy that is to be put back."""
        return self.home / "restore"

    @property
    def uploads(self) -> Path:
        """Files of runs on their way in."""
        return self.home / "uploads"

    @property
    def ballast(self) -> Path:
        """Room kept back, so that a full disk can still be told of."""
        return self.home / "ballast"

    @property
    def tickets(self) -> Path:
        """Where client and supervisor settle which requests are carried out; beside the socket."""
        return self.socket.with_suffix(".tickets")

    @property
    def socket(self) -> Path:
        """The supervisor's socket: in a private folder, by a short name, since socket paths end at about 100 bytes."""
        name = hashlib.sha256(os.fsencode(self.home.resolve())).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"training-playground-{os.getuid()}" / f"{name}.sock"
