"""LeNet built by clicking as in the lecture's exercise, and every preset through the presets window."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Page

from engine.experiment import presets
from engine.experiment.experiment import Experiment
from engine.runtime.client import Fleet
from engine.store.reader import Reader
from tests.browser.pixels import COLORED, DRAWN, MOVES
from tests.browser.server import Visit, rested, step, until
from tests.browser.test_first_minute import run_of

LENET = (60, 0, 880, 0, 0, 48_120, 10_164, 850)


def fill(page: Page, name: str, value: int) -> None:
    """A number in a field, and the run of the script that follows."""
    field = page.locator(f".st-key-form-{name} input")
    field.fill(str(value))
    field.press("Enter")
    rested(page)


def add(page: Page, title: str, place: int, **fields: int) -> None:
    """A block at the end, with its fields set in its popover."""
    page.locator(".st-key-add_block button").first.click()
    page.get_by_role("menuitem", name=title, exact=True).or_(page.get_by_role("option", name=title, exact=True)).click()
    opener = page.locator(f".st-key-open_{place} button")
    opener.wait_for()
    rested(page)
    if fields:
        opener.click()
        for name, value in fields.items():
            fill(page, f"network-{place}-{name}", value)
        page.keyboard.press("Escape")


def table(page: Page) -> tuple[int, ...]:
    """The parameters of every row of the network, the output's too."""
    rows = page.locator("[data-testid=stSidebar] [data-testid=stCaptionContainer]").all_inner_texts()
    counts = [re.search(r"· ([\d,]+) parameters", row) for row in rows if "→" in row]
    return tuple(int(found[1].replace(",", "")) if found else 0 for found in counts)


def digits_as_images(page: Page) -> None:
    """Digits, 28 × 28, and a network without blocks."""
    page.get_by_role("radio", name="Digits", exact=True).click()
    page.locator(".st-key-form-data-layout").wait_for()
    page.get_by_role("tab", name="Network").click()
    removes = page.locator("[class*=st-key-remove_] button")
    removes.first.wait_for()
    rested(page)
    while count := removes.count():
        removes.first.click()
        until(lambda n=count: removes.count() < n, 60)
        rested(page)
    page.get_by_role("tab", name="Data").click()
    rested(page)
    page.locator(".st-key-form-data-layout input").click()
    page.get_by_role("option", name="image").click()
    rested(page)
    page.locator(".st-key-fold_preprocessing summary").click()
    page.get_by_role("switch", name="Resize").locator("xpath=ancestor::label").first.click()
    rested(page)


def test_lenet_is_built_by_clicking_and_learns(visit: Visit, home: Path) -> None:
    page = visit()
    page.set_default_timeout(60_000)
    until(lambda: step(page) > 5, 60)
    digits_as_images(page)
    page.get_by_role("tab", name="Network").click()
    add(page, "Convolution", 0, filters=6)
    add(page, "Average pooling", 1)
    add(page, "Convolution", 2, filters=16)
    add(page, "Average pooling", 3)
    add(page, "Flatten", 4)
    add(page, "Dense", 5, width=120)
    add(page, "Dense", 6, width=84)
    until(lambda: table(page) == LENET, 60)
    until(lambda: step(page) > 10, 60)
    columns = until(lambda: len(found := page.evaluate(COLORED, "layers")) == 5 and found, 60)
    assert min(columns) > 20  # two convolutions, two dense layers and the output, each over the width of its column
    first = until(lambda: page.evaluate(MOVES), 60)
    until(lambda: page.evaluate(MOVES) not in (0, first), 60)
    stop(home, run_of(page))


def stop(home: Path, run: str) -> None:
    """The end of a run that nobody looks at any more."""
    fleet = Fleet(home)
    fleet.stop(run)
    fleet.close()


def test_every_preset_opens_through_the_window_and_is_drawn(visit: Visit, home: Path) -> None:
    """What each then learns is held by the engine's tests; here a click brings it onto the page, and it is drawn."""
    page = visit()
    page.set_default_timeout(60_000)
    until(lambda: step(page) > 5, 60)
    reader = Reader(home)
    for entry in presets.read_catalog():
        wanted = presets.load(entry.name)
        page.locator(".st-key-presets button").click()
        page.locator(f".st-key-preset_{entry.name} button").click()
        until(lambda w=wanted: (row := reader.read_run(run_of(page))) and Experiment.from_json(row.edited) == w, 60)
        page.locator(".st-key-preset_search").wait_for(state="detached")
        row = until(
            lambda: (now := reader.read_run(run_of(page))) and (now.step > 0 or now.state == "diverged") and now, 60
        )
        assert row.state != "failed", entry.name
        until(lambda: step(page) > 0 and page.evaluate(DRAWN, "loss"), 60)
        rested(page)
        assert page.locator("[data-testid=stException], [data-testid=stAlertContentError]").count() == 0, entry.name
    stop(home, run_of(page))
    reader.close()


def test_the_search_finds_in_both_languages(visit: Visit, home: Path) -> None:
    page = visit("/?lang=es")
    page.set_default_timeout(60_000)
    page.locator(".st-key-presets button").click()
    search = page.locator(".st-key-preset_search input")
    for words in ("desvanec", "vanishing"):
        search.fill(words)
        search.press("Enter")
        page.locator(".st-key-preset_circle").wait_for(state="detached")
        page.locator(".st-key-preset_vanishing_gradient").wait_for()
    search.fill("zzzz")
    search.press("Enter")
    page.get_by_text("Ningún ejemplo preparado tiene esas palabras.").wait_for()
    stop(home, run_of(page))
