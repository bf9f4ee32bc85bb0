from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.golden.unpacking import Golden


@pytest.fixture(scope="session")
def golden(tmp_path_factory: pytest.TempPathFactory) -> Golden:
    """What the version before wrote; nothing writes to it."""
    return Golden.unpack(tmp_path_factory.mktemp("golden"))


@pytest.fixture
def home(golden: Golden, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of its store, in the usual place."""
    folder = tmp_path / "store"
    shutil.copytree(golden.folder / "store", folder)
    monkeypatch.setenv("PLAYGROUND_STORE", str(folder))
    return folder
