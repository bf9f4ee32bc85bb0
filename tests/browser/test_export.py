"""The export dialog: a file is made by a process of its own, can be stopped, and is saved by the browser."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psutil
from playwright.sync_api import Page

from pages.session.i18n import load_catalog
from tests.browser.server import Visit, step, until


def open_dialog(page: Page, language: str = "en") -> None:
    until(lambda: step(page) > 5, 60)
    page.get_by_role("button", name=load_catalog(language).gettext("Export"), exact=True).click()
    page.locator(".st-key-make_script button").wait_for()


def jobs() -> list[psutil.Process]:
    """The processes that make exports for the server of this test."""
    found = []
    for one in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):  # ended meanwhile
            found += [one] if any("export_job:ExportRun" in word for word in one.cmdline()) else []
    return found


def test_a_program_is_made_saved_and_trains(visit: Visit, tmp_path: Path) -> None:
    page = visit()
    open_dialog(page)
    page.locator(".st-key-make_script button").click()
    save = page.locator(".st-key-save_script button")
    save.wait_for(timeout=60_000)
    with page.expect_download() as download:
        save.click()
    run = parse_qs(urlsplit(page.url).query)["run"][0]
    assert download.value.suggested_filename == f"train_{run}.py"
    path = tmp_path / "program.py"
    download.value.save_as(path)
    call = [sys.executable, "-I", str(path), "--steps", "20"]
    done = subprocess.run(call, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1].startswith("step 20 · loss ")
    page.locator(".st-key-make_notebook button").click()
    page.locator(".st-key-save_notebook button").wait_for(timeout=60_000)
    with page.expect_download() as download:
        page.locator(".st-key-save_notebook button").click()
    assert json.loads(Path(download.value.path()).read_text())["nbformat"] == 4
    until(lambda: not jobs(), 20)


def test_an_export_can_be_stopped_and_ends_with_the_dialog(visit: Visit) -> None:
    page = visit("/?lang=es")
    open_dialog(page, "es")
    page.locator(".st-key-make_onnx button").click()
    until(jobs, 30)
    page.locator(".st-key-stop_study button").click()
    until(lambda: not jobs(), 20)
    page.locator(".st-key-make_onnx button").wait_for()  # it can be asked for again
    page.locator(".st-key-make_onnx button").click()
    until(jobs, 30)
    page.keyboard.press("Escape")
    until(lambda: not jobs(), 20)
