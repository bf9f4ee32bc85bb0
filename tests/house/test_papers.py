"""What the papers say of the repository is so."""

from __future__ import annotations

import re

import pytest

from tests.house.source import ROOT, text, tracked

PAPERS = [path for path in tracked() if path.endswith(".md") and "/" not in path]
PATH = re.compile(r"`((?:engine|pages|assets|tests)/[\w./-]*)`")


def test_there_are_papers_with_paths() -> None:
    assert {"README.md", "ARCHITECTURE.md"} <= set(PAPERS)
    assert len(PATH.findall(text("ARCHITECTURE.md"))) > 50


@pytest.mark.parametrize("path", PAPERS)
def test_every_path_named_is_there(path: str) -> None:
    missing = {named for named in PATH.findall(text(path)) if not (ROOT / named).exists()}
    assert not missing


def test_every_room_is_in_the_architecture() -> None:
    rooms = {"/".join(path.split("/")[:2]) for path in tracked() if path.startswith("engine/") and path.count("/") > 1}
    described = set(PATH.findall(text("ARCHITECTURE.md")))
    assert rooms <= {path.rstrip("/") for path in described}
