"""A file of one's own, and points drawn on the plane: both are trained on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from playwright.sync_api import Page

from engine.experiment import share_link
from engine.run_state import RunState
from engine.store.reader import Reader
from tests.browser.server import Visit, counter, rested, step, until


def csv() -> bytes:
    """Two classes that a straight line almost separates, with a semicolon, decimal commas and gaps."""
    rng = np.random.default_rng(1)
    rows = rng.normal(0, 20, (200, 2)).round(2)
    lines = [f"{a};{'' if n % 20 == 0 else b};{'ab'[int(a + b > 0)]}" for n, (a, b) in enumerate(rows)]
    return "\n".join(["left;right;kind", *lines]).replace(".", ",").encode()


def accuracy(page: Page) -> float:
    """The last accuracy on the page."""
    text = counter(page, "metric").rstrip("%")
    return float(text) if text[:1].isdigit() else 0.0


def chosen(page: Page, field: str) -> str:
    """Which of a control's buttons is on."""
    return page.locator(f".st-key-own_read_{field} [role=radio][aria-checked=true]").inner_text()


def give(page: Page, name: str, content: bytes) -> None:
    page.set_input_files("input[type=file]", {"name": name, "mimeType": "text/csv", "buffer": content})


def test_a_table_is_uploaded_understood_trained_on_and_deleted(visit: Visit, home: Path) -> None:
    page = visit()
    until(lambda: step(page) > 5, 60)
    page.get_by_role("link", name="Your data").first.click()
    page.get_by_text("None yet.").wait_for(timeout=60_000)
    give(page, "broken.csv", b"a,b\n1,2\n")
    page.get_by_text("Expected at least 10 rows, received 1.").wait_for(timeout=60_000)
    assert not list((home / "own").glob("*"))
    give(page, "mine.csv", csv())
    page.get_by_text("200 rows to learn from · 2 inputs · 2 classes").wait_for(timeout=60_000)
    until(lambda: page.locator(".st-key-own_read_separator input").input_value() == "semicolon")
    assert chosen(page, "decimal") == "comma, 1,5"
    page.get_by_role("radio", name="drop rows").or_(page.get_by_text("drop rows")).first.click()
    page.get_by_text("190 rows to learn from · 10 left out").wait_for(timeout=60_000)
    rested(page)
    page.get_by_role("button", name="Use this data").click()
    until(lambda: accuracy(page) > 90, 60)
    with Reader(home).open_view() as view:
        run = view.list_in_states(RunState.RUNNING)[0]
    assert '"missing":"drop"' in run.experiment
    page.get_by_text("mine.csv · 200 rows").wait_for(timeout=60_000)
    page.get_by_role("link", name="Your data").first.click()
    page.get_by_role("button", name="Delete this file").or_(
        page.locator("[class*=st-key-forget_] button")
    ).first.click()
    page.get_by_text("None yet.").wait_for(timeout=60_000)
    assert not list((home / "own").glob("*"))


def test_a_wrong_guess_is_corrected_and_trained_on_and_names_are_shown_letter_by_letter(
    visit: Visit, home: Path
) -> None:
    """The first of 61 lines could be names: the person says that it is a row, and a run gets all 61."""
    rng = np.random.default_rng(2)
    lines = [f"{a:.2f};{b:.2f};{'*yes*' if a > 0 else ':red[no]'}" for a, b in rng.normal(0, 1, (60, 2))]
    page = visit()
    until(lambda: step(page) > 5, 60)
    page.get_by_role("link", name="Your data").first.click()
    page.locator("input[type=file]").wait_for(state="attached", timeout=60_000)
    give(page, "my_file_of_*stars*.csv", "\n".join(["0;1;__kind__", *lines]).encode())
    page.get_by_role("heading", name="my_file_of__stars_.csv").wait_for(timeout=60_000)
    until(lambda: page.locator(".st-key-own_target input").input_value() == "__kind__")
    page.locator(".st-key-own_read_header").get_by_text("a row", exact=True).click()
    page.get_by_text("61 rows · 3 columns").wait_for(timeout=60_000)
    page.get_by_text("First line · as you said").wait_for()
    assert chosen(page, "header") == "a row"
    page.locator(".st-key-own_read_separator input").click()
    page.get_by_role("option", name="bar").click()
    page.locator(".st-key-own_reading").get_by_text("Expected").wait_for(timeout=60_000)
    until(lambda: page.locator(".st-key-own_read_separator input").input_value() == "semicolon")
    page.get_by_role("button", name="Back to the guesses").click()
    page.get_by_text("60 rows · 3 columns").wait_for(timeout=60_000)
    page.locator(".st-key-own_read_header").get_by_text("a row", exact=True).click()
    page.get_by_text("61 rows · 3 columns").wait_for(timeout=60_000)
    rested(page)
    page.get_by_role("button", name="Use this data").click()
    page.get_by_text("my_file_of__stars_.csv · 61 rows").wait_for(timeout=60_000)
    until(lambda: step(page) > 5, 60)
    with Reader(home).open_view() as view:
        named = [row.experiment for row in view.list_runs() if "my_file_of" in row.experiment]
    assert len(named) >= 1
    page.get_by_text("has no example of “__kind__”").first.wait_for()


def test_points_are_drawn_and_trained_on(visit: Visit) -> None:
    page = visit()
    until(lambda: step(page) > 5, 60)
    page.get_by_role("link", name="Your data").first.click()
    page.get_by_text("Draw points", exact=True).click(timeout=60_000)
    pad = page.locator("canvas[data-points]")
    pad.wait_for(timeout=60_000)
    rested(page)
    box = pad.bounding_box()
    assert box
    page.mouse.move(box["x"] + 60, box["y"] + 80)
    page.mouse.down()
    page.mouse.move(box["x"] + 460, box["y"] + 80, steps=20)
    page.mouse.up()
    until(lambda: int(pad.get_attribute("data-points") or 0) > 8)
    pad.focus()
    page.keyboard.press("2")
    for key in ("ArrowDown", " ", "ArrowDown", "ArrowDown", "ArrowDown", " "):
        page.keyboard.press(key)
    count = int(pad.get_attribute("data-points") or 0)
    page.get_by_role("radio", name="Spray").click()
    pad.click(position={"x": 280, "y": 480})
    until(lambda: int(pad.get_attribute("data-points") or 0) == count + 6)
    page.get_by_role("button", name="Undo").click()
    until(lambda: int(pad.get_attribute("data-points") or 0) == count)
    pad.click(position={"x": 280, "y": 480})
    until(lambda: int(pad.get_attribute("data-points") or 0) == count + 6)
    rested(page)
    page.get_by_role("button", name="Use these points").click()
    until(lambda: accuracy(page) > 90, 60)
    address = page.evaluate("new URLSearchParams(location.search).get('x')")
    data = share_link.decode_link(address).to_dict()["data"]
    assert data["kind"] == "points"
    assert data["drawn"].count(";") + 1 == count + 6
    page.get_by_role("link", name="Edit the points").click()
    pad.wait_for(timeout=60_000)
    until(lambda: int(pad.get_attribute("data-points") or 0) == count + 6, 60)
