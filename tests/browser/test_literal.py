"""What a person wrote is shown letter by letter, whatever it would be in Markdown or HTML: read from a real browser."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.literal_page import DRAWN
from tests.browser.nasty import TEXTS
from tests.browser.server import ROOT, free_port, opened

SCRIPT = Path(__file__).with_name("literal_page.py")


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """The page of nasty texts."""
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", str(SCRIPT), "--server.port", str(port)]
    options = ["--server.headless", "true", "--browser.gatherUsageStats", "false"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen([*command, *options], cwd=ROOT, env=environment)
    try:
        address = f"http://127.0.0.1:{port}"
        while True:
            assert process.poll() is None, "the server ended"
            try:
                urllib.request.urlopen(f"{address}/_stcore/health", timeout=5).close()
                break
            except OSError:
                time.sleep(0.1)
        found, _ = opened(browser, address)
        found.locator(".st-key-plot .legendtext").nth(len(TEXTS) - 1).wait_for(timeout=60_000)
        yield found
        found.context.close()
    finally:
        process.terminate()
        process.wait(30)


@pytest.mark.parametrize("kind", DRAWN)
def test_every_element_shows_the_text_itself(page: Page, kind: str) -> None:
    for place, text in enumerate(TEXTS):
        box = page.locator(f".st-key-{kind}-{place}")
        shown = box.inner_text().removeprefix("error").strip()
        assert " ".join(shown.split()) == " ".join(text.split())
        assert (
            box.locator("a[href]:not([href^='#']), em, strong strong, del, code, img, li, table, .katex").count() == 0
        )


def test_choices_show_the_text_itself(page: Page) -> None:
    found = page.locator(".st-key-segments button").all_inner_texts()
    assert [" ".join(text.split()) for text in found] == list(TEXTS)
    box, options = page.locator(".st-key-choice input"), page.locator("[role=option]")
    box.scroll_into_view_if_needed()
    page.wait_for_timeout(500)  # a list that opens while the page still scrolls closes at once
    box.click()
    options.nth(4).wait_for()
    shown = options.all_inner_texts()  # the list draws those in sight
    assert shown == list(TEXTS[: len(shown)])
    page.keyboard.press("Escape")


def test_plots_show_the_text_itself(page: Page) -> None:
    shown = page.locator(".st-key-plot .legendtext").all_text_contents()
    assert [" ".join(text.split()) for text in shown] == list(TEXTS)
    assert page.locator(".st-key-plot .legendtext tspan[style*=bold], .st-key-plot .legendtext a").count() == 0
