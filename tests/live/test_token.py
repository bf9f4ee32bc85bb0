"""Tokens: only ours, only for this run, only for a while."""

from __future__ import annotations

import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engine.live import token
from engine.store.layout import StoreLayout


def test_a_token_opens_its_own_run(tmp_path: Path) -> None:
    made = token.issue("run", home=tmp_path)
    assert token.check("run", made, home=tmp_path) == "command"
    assert token.check("other", made, home=tmp_path) is None
    assert token.check("run", token.issue("run", right="watch", home=tmp_path), home=tmp_path) == "watch"


def test_a_token_expires(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = token.issue("run", ttl=60, home=tmp_path)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 58)
    assert token.check("run", made, home=tmp_path) == "command"
    monkeypatch.setattr(time, "time", lambda: now + 61)
    assert token.check("run", made, home=tmp_path) is None


def test_another_store_signs_otherwise(tmp_path: Path) -> None:
    assert token.check("run", token.issue("run", home=tmp_path / "a"), home=tmp_path / "b") is None


@pytest.mark.parametrize("change", ["", ".", "a.b.c", "9999999999.command.", "é.é.é", "0" * 5_000])
def test_nonsense_is_refused(tmp_path: Path, change: str) -> None:
    assert token.check("run", change, home=tmp_path) is None


def test_no_part_can_be_changed(tmp_path: Path) -> None:
    expiry, right, signature = token.issue("run", right="watch", home=tmp_path).split(".")
    assert token.check("run", f"{int(expiry) + 1}.{right}.{signature}", home=tmp_path) is None
    assert token.check("run", f"{expiry}.command.{signature}", home=tmp_path) is None
    assert token.check("run", f"{expiry}.{right}.{signature[:-1]}", home=tmp_path) is None


def test_the_secret_is_made_once_and_is_its_owners(tmp_path: Path) -> None:
    token.issue("run", home=tmp_path)
    path = StoreLayout.of(tmp_path).secret
    first = path.read_bytes()
    token._secret.cache_clear()
    token.issue("run", home=tmp_path)
    assert path.read_bytes() == first
    assert len(first) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not list(tmp_path.glob("*.tmp"))


FORGE = """
import hashlib, hmac, sys, time
claim = f"{int(time.time()) + 60}.command"
print(f"{claim}." + hmac.new(bytes.fromhex(sys.argv[1]), f"run\\n{claim}".encode(), hashlib.sha256).hexdigest())
"""


@pytest.mark.parametrize("short", [b"", b"x", b"y" * 31])
def test_an_empty_or_short_secret_signs_nothing_and_is_made_anew(tmp_path: Path, short: bytes) -> None:
    layout = StoreLayout.of(tmp_path)
    layout.secret.write_bytes(short)
    layout.secret.chmod(0o644)
    command = [sys.executable, "-c", FORGE, short.hex()]
    forged = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    assert token.check("run", forged, home=tmp_path) is None
    assert len(layout.secret.read_bytes()) == 32
    assert stat.S_IMODE(layout.secret.stat().st_mode) == 0o600
    assert token.check("run", token.issue("run", home=tmp_path), home=tmp_path) == "command"


def test_processes_that_make_it_anew_at_once_agree(tmp_path: Path) -> None:
    StoreLayout.of(tmp_path).secret.write_bytes(b"short")
    code = "import sys, pathlib, engine.live.token as t; print(t.issue('r', home=pathlib.Path(sys.argv[1])))"
    command = [sys.executable, "-c", code, str(tmp_path)]
    asked = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    made = [process.communicate()[0].strip() for process in asked]
    assert [token.check("r", one, home=tmp_path) for one in made] == ["command"] * 3
