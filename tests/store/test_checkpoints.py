"""Checkpoint files: whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.store import checkpoints


def test_what_was_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "run" / "1.pt"
    digest = checkpoints.write(path, b"weights")
    assert checkpoints.read(path, digest) == b"weights"
    assert os.listdir(path.parent) == ["1.pt"]


@pytest.mark.parametrize("damage", [b"weight", b"weightz", b"", b"weights!"])
def test_damage_is_noticed(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "1.pt"
    digest = checkpoints.write(path, b"weights")
    path.write_bytes(damage)
    with pytest.raises(checkpoints.CorruptCheckpoint, match="damaged"):
        checkpoints.read(path, digest)
    path.unlink()
    with pytest.raises(checkpoints.CorruptCheckpoint, match="gone"):
        checkpoints.read(path, digest)


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "1.pt"
    digest = checkpoints.write(path, b"old")

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space"):
        checkpoints.write(path, b"new")
    assert checkpoints.read(path, digest) == b"old"
    assert os.listdir(tmp_path) == ["1.pt"]


def test_the_file_is_synced_before_it_gets_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[str]] = []
    sync = os.fsync

    def watched(handle: int) -> None:
        seen.append(os.listdir(tmp_path))
        sync(handle)

    monkeypatch.setattr(os, "fsync", watched)
    checkpoints.write(tmp_path / "1.pt", b"x")
    assert seen == [["1.pt.tmp"], ["1.pt"]]
