from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser import server as serving


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("browser") / "store"


@pytest.fixture(scope="module")
def address(home: Path) -> Iterator[str]:
    with serving.server(home) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with serving.browser() as opened:
        yield opened


@pytest.fixture
def visit(browser: Browser, address: str) -> Iterator[serving.Visit]:
    """Opens pages; none may have said anything on the console when the test ends."""
    pages: list[tuple[Page, list[str]]] = []

    def go(path: str = "/", **options: Any) -> Page:
        pages.append(serving.opened(browser, address + path, **options))
        return pages[-1][0]

    yield go
    for page, errors in pages:
        page.context.close()
        assert errors == []
