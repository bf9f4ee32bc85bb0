"""The page of all runs."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

from engine.store.reader import Reader
from tests.browser.server import Visit, step, until


def test_runs_are_listed_overlaid_opened_and_deleted(visit: Visit, home: Path) -> None:
    page = visit()
    until(lambda: step(page) > 30)
    page.get_by_role("button", name="Start again with a new seed").click()
    reader = Reader(home)
    until(lambda: len(reader.list_runs()) == 2 and step(page) < 5_000)
    page.get_by_role("link", name="Runs").click()
    table = page.locator("[data-testid=stDataFrame] .dvn-scroller")
    table.click(position={"x": 16, "y": 48})
    page.get_by_text("1 chosen").wait_for()
    table.click(position={"x": 16, "y": 78})
    page.get_by_text("2 chosen").wait_for()
    page.locator(".js-plotly-plot .legend .traces").nth(1).wait_for()
    table.click(position={"x": 16, "y": 78})
    page.get_by_text("1 chosen").wait_for()
    named = name_and_find(page, reader)
    page.get_by_role("button", name="Open").click()
    until(lambda: step(page) > 0)
    assert named in page.evaluate("location.search")
    page.get_by_role("link", name="Runs").click()
    page.get_by_text("1 chosen").wait_for()
    table.click(position={"x": 16, "y": 16})  # all of them
    page.get_by_text("2 chosen").wait_for()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete for good").click()
    page.get_by_text("No runs yet").wait_for()
    assert reader.list_runs() == []
    reader.close()


def name_and_find(page: Page, reader: Reader) -> str:
    """Name the chosen run, look for it among two; returns its id."""
    table = page.locator("[data-testid=stDataFrame] table")
    name = "**Baseline** _one_ <b>two</b>"
    page.get_by_role("button", name="Name", exact=True).click()
    page.get_by_role("textbox", name="Name").fill(name)
    page.get_by_role("button", name="Save").click()
    until(lambda: name in {row.name for row in reader.list_runs()})
    named = next(row.id for row in reader.list_runs() if row.name)
    cells = page.locator("[data-testid=stDataFrame] canvas + * td, [data-testid=stDataFrame] table td")
    until(lambda: name in cells.all_inner_texts())  # as it was typed, nothing of it interpreted
    page.get_by_placeholder("Search: name").type("nonsense")  # no Enter: it acts while one types
    page.get_by_role("heading", name="No run matches").wait_for()
    page.get_by_role("button", name="Show all runs").click()
    table.wait_for(state="attached")
    page.get_by_text("1 chosen").wait_for()
    page.get_by_placeholder("Search: name").type("BASELINE two")
    until(lambda: int(table.get_attribute("aria-rowcount") or 0) == 2)
    assert page.get_by_text("1 chosen").is_visible()
    page.get_by_placeholder("Search: name").fill("")
    until(lambda: int(table.get_attribute("aria-rowcount") or 0) == 3)
    return named
