"""Streamlit's options in one place, whichever way the app is started, and the theme's colors."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from engine.settings import ProcessSettings

ASSETS = Path(__file__).resolve().parents[1] / "assets"

SERVER: dict[str, Any] = {
    "runner.postScriptGC": False,  # what is alive at the start is frozen; the default would walk all of it every rerun
    "server.fileWatcherType": "none",
    "server.headless": True,
    "server.maxUploadSize": 20,
    "server.websocketPingInterval": 20,
    "server.disconnectedSessionTTL": 600,
    "server.showEmailPrompt": False,
    "browser.gatherUsageStats": False,
    "client.toolbarMode": "minimal",
    "client.showErrorDetails": "none",
    "client.showErrorLinks": False,
}


def build_streamlit_options(settings: ProcessSettings) -> dict[str, Any]:
    """Streamlit's options, for `app.run(config=…)`."""
    served = {"server.port": settings.port, "server.address": settings.host}
    return {**SERVER, **served, **dict(flatten("theme", read_theme()["theme"]))}


@cache
def read_theme() -> dict[str, Any]:
    """`assets/theme.toml`."""
    return tomllib.loads((ASSETS / "theme.toml").read_text(encoding="utf-8"))


def flatten(name: str, table: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """A nested table as dotted keys."""
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from flatten(f"{name}.{key}", value)
        else:
            yield f"{name}.{key}", value


def get_chart_colors(mode: str | None) -> dict[str, Any]:
    """The colors of charts at rest, for "light" or "dark"."""
    colors: dict[str, Any] = read_theme()["charts"]["dark" if mode == "dark" else "light"]
    return colors
