"""Tokens that open a run's live route: run and expiry, signed with the store's secret (HMAC-SHA256)."""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import os
import secrets
import time
from functools import lru_cache
from pathlib import Path
from typing import Literal

from engine.store.layout import StoreLayout

SECONDS = 2 * 3600.0
LENGTH = 32

Right = Literal["command", "watch"]


def issue(run: str, ttl: float = SECONDS, *, right: Right = "command", home: Path | None = None) -> str:
    """A token for a run, good for `ttl` seconds: to watch it, or to watch and command it."""
    claim = f"{int(time.time() + ttl)}.{right}"
    return f"{claim}.{_sign(run, claim, StoreLayout.of(home))}"


def check(run: str, token: str, *, home: Path | None = None) -> Right | None:
    """What a token allows; None if it is for another run, too old or not ours."""
    claim, _, signature = token.rpartition(".")
    # in constant time: how long a comparison takes must not tell how much of a guess is right
    if not hmac.compare_digest(signature.encode(), _sign(run, claim, StoreLayout.of(home)).encode()):
        return None
    expiry, _, right = claim.partition(".")
    if time.time() >= int(expiry):  # a number, since we have signed it
        return None
    return "command" if right == "command" else "watch"


def _sign(run: str, claim: str, layout: StoreLayout) -> str:
    return hmac.new(_secret(layout), f"{run}\n{claim}".encode(), hashlib.sha256).hexdigest()


@lru_cache(maxsize=8)
def _secret(layout: StoreLayout) -> bytes:
    """The store's secret, made once. One that is too short to be one, such as what a crash left, is made anew: what it
    signed is good no more."""
    layout.prepare()
    with (layout.home / "secret.lock").open("ab") as turn:
        # Server and command line may meet here.
        fcntl.flock(turn, fcntl.LOCK_EX)  # one process at a time looks and makes
        found = layout.secret.read_bytes() if layout.secret.is_file() else b""
        if len(found) < LENGTH:
            found = secrets.token_bytes(LENGTH)
            fresh = layout.home / f"secret.{secrets.token_hex(4)}.tmp"
            handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(found)
                file.flush()
                os.fsync(file.fileno())
            # Whole or not at all: half a secret after a crash would be a weak one.
            fresh.replace(layout.secret)
        layout.secret.chmod(0o600)
    return found
