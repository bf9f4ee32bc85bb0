"""The layout of a store: its folder, and the files in it."""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from engine import settings


@dataclass(frozen=True)
class StoreLayout:
    """The paths of one store; `home` is its folder."""

    home: Path

    @classmethod
    def of(cls, folder: Path | None) -> StoreLayout:
        """Lay out the store in `folder`, or in the usual folder."""
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
        """A folder of checkpoints for each run."""
        return self.home / "checkpoints"

    @property
    def lock(self) -> Path:
        """Held by the one supervisor there may be."""
        return self.home / "supervisor.lock"

    @property
    def log_file(self) -> Path:
        """The supervisor's log, for the operator."""
        return self.home / "supervisor.log"

    @property
    def secret(self) -> Path:
        """The key that signs tokens for viewers."""
        return self.home / "secret"

    @property
    def backups(self) -> Path:
        """Backups of the database."""
        return self.home / "backups"

    @property
    def damage_note(self) -> Path:
        """The note on damage, until someone dismisses it; see `integrity`."""
        return self.home / "damage.json"

    @property
    def restore_request(self) -> Path:
        """The name of the backup that is to be put back; see `backups`."""
        return self.home / "restore"

    @property
    def uploads(self) -> Path:
        """Archives on their way in."""
        return self.home / "uploads"

    @property
    def disk_reserve(self) -> Path:
        """The file that reserves room for a full disk; see `disk_reserve`. Its name is that of older stores."""
        return self.home / "ballast"

    @property
    def tickets(self) -> Path:
        """Where client and supervisor settle which requests are carried out; beside the socket."""
        return self.socket.with_suffix(".tickets")

    @property
    def socket(self) -> Path:
        """The supervisor's socket: in a private folder, by a short name, since socket paths end at about 100 bytes."""
        # the digest of the resolved path: two ways to write a folder have to find the same supervisor
        name = hashlib.sha256(os.fsencode(self.home.resolve())).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"training-playground-{os.getuid()}" / f"{name}.sock"
