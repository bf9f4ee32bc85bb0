"""For every test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from engine.files import download
from tests.stand_ins import write_stand_ins


@pytest.fixture(autouse=True)
def subnormal_numbers() -> Iterator[None]:
    """A trainer sets the processor to treat subnormal numbers as zero; the next test begins without that."""
    yield
    torch.set_flush_denormal(False)


@pytest.fixture(scope="session", autouse=True)
def small_files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Small files in the real formats in place of those that would be fetched; nothing is fetched in a test."""
    folder = tmp_path_factory.mktemp("downloads")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(download, "downloads", lambda: folder)
        patch.setattr(download, "intact", lambda data, remote: True)
        write_stand_ins(folder)
        yield folder
