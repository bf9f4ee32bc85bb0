"""The folder in which the playground keeps what it writes."""

from __future__ import annotations

import os
from pathlib import Path


def home() -> Path:
    """The folder of the store: `PLAYGROUND_STORE`, else `~/.local/share/training-playground`."""
    chosen = os.environ.get("PLAYGROUND_STORE")
    return Path(chosen).expanduser().absolute() if chosen else Path.home() / ".local/share/training-playground"
