"""The real server in a process of its own, with its own store, and a real Chromium."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from engine.runtime.client import Fleet

Visit = Callable[..., Page]
ROOT = Path(__file__).resolve().parents[2]
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium() -> str | None:
    """The browser at hand; None lets Playwright take its own."""
    named = os.environ.get("CHROMIUM")
    return named or next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@contextlib.contextmanager
def browser() -> Iterator[Browser]:
    """One browser."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        yield opened
        opened.close()


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextlib.contextmanager
def server(home: Path, command: tuple[str, ...] = (), **more: str) -> Iterator[str]:
    """The app on a free port; its address. Ends with its supervisor."""
    port = free_port()
    environment = {**os.environ, "PORT": str(port), "PLAYGROUND_STORE": str(home), "OMP_NUM_THREADS": "1", **more}
    with (home.parent / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, sys.executable, "app.py"], cwd=ROOT, env=environment, stdout=log, stderr=log
        )
        address = f"http://127.0.0.1:{port}"
        try:
            warm(address, home, process)
            yield address
        finally:
            with contextlib.suppress(Exception):
                os.kill(status(home)["pid"], signal.SIGTERM)
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def warm(address: str, home: Path, process: subprocess.Popen[bytes], seconds: float = 120.0) -> None:
    """Waits until the app answers and the supervisor has warm workers."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert process.poll() is None, "the server ended"
        with contextlib.suppress(OSError, urllib.error.URLError):
            if health(address)["ok"] and status(home)["warm"]:
                return
        time.sleep(0.1)
    raise TimeoutError("the server did not get warm")


def health(address: str) -> dict[str, Any]:
    """What /healthz says."""
    with urllib.request.urlopen(f"{address}/healthz", timeout=5) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def status(home: Path) -> dict[str, Any]:
    """What the store's supervisor says of itself."""
    fleet = Fleet(home)
    try:
        return fleet.status()
    finally:
        fleet.close()


def opened(browser: Browser, address: str, **options: Any) -> tuple[Page, list[str]]:
    """A new page at the address, and the list to which its console errors go."""
    options = {"viewport": {"width": 1440, "height": 900}, "locale": "en-US", **options}
    page = browser.new_context(**options).new_page()
    page.set_default_timeout(20_000)
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(address)
    return page, errors


def counter(page: Page, name: str) -> str:
    """A counter of the transport bar."""
    return page.locator(f"[data-counter={name}]").inner_text(timeout=20_000)


def step(page: Page) -> int:
    """The step on the page."""
    value = page.locator("[data-counter=step]").get_attribute("data-value", timeout=20_000)
    return int(value) if value and value != "NaN" else 0


def until(what: Any, seconds: float = 20.0) -> Any:
    """Waits for something to be true and returns it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = what()
        if found:
            return found
        time.sleep(0.03)
    raise TimeoutError("waited in vain")


def rested(page: Page) -> None:
    """Waits until the script has run."""
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for(timeout=20_000)
