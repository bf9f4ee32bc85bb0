"""The code of the browser components is kept by browsers, and never out of date."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from starlette.applications import Starlette

from pages.form.component import compute_version, locate_source
from pages.serve.app import list_routes


def get(address: str) -> httpx.Response:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(Starlette(routes=list_routes()))
        async with httpx.AsyncClient(transport=transport, base_url="http://playground") as client:
            return await client.get(address)

    return asyncio.run(ask())


def test_code_is_kept_for_good_under_its_version() -> None:
    for address in (
        locate_source("main"),
        f"/assets/{compute_version()}/views/screen.js",
        f"/assets/{compute_version()}/views/live.css",
    ):
        found = get(address)
        assert found.status_code == 200
        assert "immutable" in found.headers["cache-control"]


def test_code_asked_for_under_another_version_is_not_kept() -> None:
    found = get("/assets/000000000000/main.js")
    assert found.status_code == 200
    assert found.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "path", ["nothing.js", "%2e%2e/theme.toml", "%2e%2e%2ftheme.toml", "..%2f..%2fpyproject.toml", ""]
)
def test_nothing_else_is_given(path: str) -> None:
    assert get(f"/assets/{compute_version()}/{path}").status_code == 404
