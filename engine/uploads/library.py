"""The kept files: one for each upload in the store's folder `own`, named by the SHA-256 of what was uploaded and of
what was said of it. Each holds the upload itself as well, so that it can be read again in another way."""

from __future__ import annotations

import zipfile
import zlib
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO

import numpy as np
from pydantic import ValidationError

from engine import settings
from engine.errors import InvalidExperiment
from engine.message import Message
from engine.uploads.schema import About

NONE = "0" * 64  # stands where no file was chosen yet
UNREADABLE = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error, ValidationError)


@dataclass(frozen=True)
class Kept:
    """One kept file: its digest, what is in it, its bytes on the disk, and when it came (seconds)."""

    digest: str
    about: About
    size: int
    came: float


def folder() -> Path:
    """Where they are."""
    return settings.read().store / "own"


def path(digest: str) -> Path:
    """Where one is, or would be."""
    return folder() / f"{digest}.npz"


def files() -> list[Kept]:
    """All of them, the newest first; what cannot be read is left out."""
    found = []
    with suppress(OSError):
        for each in folder().glob("*.npz"):
            with suppress(*UNREADABLE):
                state = each.stat()
                found.append(Kept(each.stem, told(each), state.st_size, state.st_mtime))
    return sorted(found, key=lambda kept: (-kept.came, kept.digest))


def told(file: Path) -> About:
    """What is in a kept file, without its arrays."""
    state = file.stat()
    return _told(file, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=256)
def _told(file: Path, _changed: int, _size: int) -> About:
    with file.open("rb") as stream:  # numpy would not close a damaged one
        return facts(stream)


def facts(stream: IO[bytes]) -> About:
    """What is in a kept file that is open."""
    stream.seek(0)
    with np.load(stream, allow_pickle=False) as content:
        return About.model_validate_json(content["about"].tobytes())


def about(digest: str, name: str = "") -> About:
    """What is in the kept file of that digest. Raises: InvalidExperiment, naming it, if it is not here."""
    try:
        return told(path(digest))
    except UNREADABLE as error:
        raise absent(digest, name) from error


def arrays(digest: str, name: str = "") -> tuple[About, dict[str, np.ndarray]]:
    """The kept file of that digest with its arrays. Raises: InvalidExperiment, naming it, if it is not here."""
    try:
        with path(digest).open("rb") as stream:
            return contents(stream)
    except UNREADABLE as error:
        raise absent(digest, name) from error


def contents(stream: IO[bytes]) -> tuple[About, dict[str, np.ndarray]]:
    """What is in a kept file that is open, with its arrays."""
    stream.seek(0)
    with np.load(stream, allow_pickle=False) as content:
        found = {key: content[key] for key in content.files if key not in ("about", "original")}
        return About.model_validate_json(content["about"].tobytes()), found


def original(digest: str) -> bytes | None:
    """The file as it was uploaded; None where it was kept before uploads were. Raises: InvalidExperiment if the kept
    file is not here."""
    try:
        with path(digest).open("rb") as stream, np.load(stream, allow_pickle=False) as content:
            return content["original"].tobytes() if "original" in content.files else None
    except UNREADABLE as error:
        raise absent(digest, "") from error


def forget(digest: str) -> None:
    """Delete a kept file; runs of it keep what they recorded."""
    with suppress(FileNotFoundError):
        path(digest).unlink()


def absent(digest: str, name: str) -> InvalidExperiment:
    """What is said of a file that is not here."""
    if digest == NONE:
        return InvalidExperiment(
            "$.data.file", Message("a file of your own"), Message("none"), Message("upload one on the page Your data")
        )
    named = Message("the data of {name} on this machine", name=name or digest[:12])
    return InvalidExperiment("$.data.file", named, Message("none"), Message("upload them again on the page Your data"))
