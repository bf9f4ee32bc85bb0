"""Settings of a process, read from the environment here and nowhere else; README describes each variable."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

VARIABLES = ("PLAYGROUND_STORE", "PORT", "HOST", "PLAYGROUND_HOSTS", "PLAYGROUND_ORIGINS", "PLAYGROUND_METRICS")


@dataclass(frozen=True)
class ProcessSettings:
    """Settings by environment variables: the store's folder, and the address, hosts and origins of the server."""

    store: Path
    port: int
    host: str
    hosts: tuple[str, ...]
    origins: tuple[str, ...]
    metrics: bool

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> ProcessSettings:
        """Parse the variables; an empty one counts as not set. Raises: ValueError if `PORT` is not a number."""
        store = environment.get("PLAYGROUND_STORE")
        return cls(
            store=Path(store).expanduser().absolute() if store else Path.home() / ".local/share/training-playground",
            port=int(environment.get("PORT") or 8501),
            host=environment.get("HOST") or "127.0.0.1",
            hosts=_split(environment.get("PLAYGROUND_HOSTS", "")),
            origins=_split(environment.get("PLAYGROUND_ORIGINS", "")),
            metrics=environment.get("PLAYGROUND_METRICS") == "1",
        )


def read() -> ProcessSettings:
    """Settings of this process. Parsed once for each state of the variables, so that a test may change these."""
    return _parse(tuple((name, os.environ[name]) for name in VARIABLES if name in os.environ))


@lru_cache(maxsize=1)
def _parse(variables: tuple[tuple[str, str], ...]) -> ProcessSettings:
    return ProcessSettings.of(dict(variables))


def _split(names: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in names.split(",") if name.strip())
