"""For every test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from engine.downloads import fetch
from engine.uploads import library
from tests.stand_ins import write_own, write_stand_ins


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
        patch.setattr(fetch, "get_folder", lambda: folder)
        patch.setattr(fetch, "matches_checksum", lambda data, remote: True)
        write_stand_ins(folder)
        yield folder


@pytest.fixture(scope="session", autouse=True)
def own_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A small file in place of one that a person would upload; one with a digest is looked for where it always is."""
    folder = tmp_path_factory.mktemp("own")
    usual = library.locate_file
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            library,
            "locate_file",
            lambda digest: folder / f"{digest}.npz" if digest == library.NO_FILE else usual(digest),
        )
        write_own(folder)
        yield folder
