"""The lecture's LeNet exercise by clicking, and every preset in the window."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Page

from engine import presets
from engine.store.reader import Reader
from tests.browser.server import Visit, rested, step, until
from tests.browser.test_first_minute import MOVES, run_of

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
    shapes = [row for row in rows if "→" in row]
    counts = [re.search(r"· ([\d, ]+) parameters", row) for row in shapes]
    return tuple(int(re.sub(r"\D", "", found[1])) if found else 0 for found in counts)


def test_lenet_is_built_by_clicking_and_learns(visit: Visit) -> None:
    page = visit()
    page.set_default_timeout(60_000)
    until(lambda: step(page) > 5, 60)
    page.get_by_text("Digits", exact=True).first.click()
    page.locator(".st-key-form-data-layout").wait_for()
    page.get_by_role("tab", name="Network").click()
    for _ in range(2):
        rested(page)
        page.locator(".st-key-remove_0 button").first.click()
    rested(page)
    page.get_by_role("tab", name="Data").click()
    rested(page)
    page.locator(".st-key-form-data-layout input").click()
    page.get_by_role("option", name="image").click()
    rested(page)
    page.locator(".st-key-fold_preprocessing summary").click()
    page.get_by_role("switch", name="Resize").locator("xpath=ancestor::label").first.click()
    rested(page)
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
    first = until(lambda: page.evaluate(MOVES), 60)
    until(lambda: page.evaluate(MOVES) not in (0, first), 60)


def test_every_preset_opens_and_its_loss_is_measured(visit: Visit, home: Any) -> None:
    """What each then learns is held by the engine's tests; here it is that a click brings it onto the page."""
    page = visit()
    page.set_default_timeout(60_000)
    until(lambda: step(page) > 5, 60)
    reader = Reader(home)
    for entry in presets.entries():
        before = run_of(page)
        page.locator(".st-key-presets button").click()
        page.locator(f".st-key-preset_{entry.name} button").click()
        until(lambda b=before: run_of(page) != b, 60)
        page.get_by_text(entry.look[:30]).first.wait_for()
        run = run_of(page)
        until(lambda r=run: (row := reader.run(r)) and (row.step > 3 or row.state == "diverged"), 60)
        assert page.locator("[data-testid=stException]").count() == 0, entry.name
    reader.close()


def test_the_search_finds_in_both_languages(visit: Visit) -> None:
    page = visit("/?lang=es")
    page.locator(".st-key-presets button").click()
    search = page.locator(".st-key-preset_search input")
    search.fill("desvanece")
    search.press("Enter")
    page.locator(".st-key-preset_circle").wait_for(state="detached")
    page.locator(".st-key-preset_vanishing_gradient").wait_for()
    search.fill("zzzz")
    search.press("Enter")
    page.get_by_text("Ningún ejemplo preparado tiene esas palabras.").wait_for()
