"""Rooms of the pages: a folder is a page or a shared room of the contract, and a page is known to nobody."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from pathlib import PurePath

import pytest

from tests.house.source import python, text, tree

ROOMS = {PurePath(path).parts[1] for path in python("pages/") if len(PurePath(path).parts) > 2}
PAGES = {PurePath(path).parts[1] for path in python("pages/") if path.endswith("/page.py")}


def shared_rooms() -> set[str]:
    contracts = tomllib.loads(text("pyproject.toml"))["tool"]["importlinter"]["contracts"]
    return {layer for contract in contracts if contract.get("containers") == ["pages"] for layer in contract["layers"]}


def page_imports(found: ast.Module) -> Iterator[str]:
    """The pages that a module imports from, anywhere in its text."""
    for node in ast.walk(found):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        yield from (parts[1] for name in names if len(parts := name.split(".")) > 1 and parts[0] == "pages")


def test_every_room_is_a_page_or_in_the_contract() -> None:
    files = {PurePath(path).stem for path in python("pages/") if path.count("/") == 1} - {"__init__"}
    assert len(PAGES) >= 4
    assert PAGES.isdisjoint(shared_rooms())
    assert PAGES | shared_rooms() == ROOMS | files


@pytest.mark.parametrize("path", python("pages/"))
def test_nobody_imports_a_page_but_itself(path: str) -> None:
    own = {PurePath(path).parts[1]}
    assert PAGES & set(page_imports(tree(path))) <= own


@pytest.mark.parametrize(
    "line", ["import pages.runs.page", "from pages import runs", "from pages.runs.search import x"]
)
def test_an_import_of_a_page_is_found(line: str) -> None:
    assert set(page_imports(ast.parse(line))) == {"runs"}
