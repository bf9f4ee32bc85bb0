"""The reference in a real browser: found, drawn, rendered, in both languages."""

from __future__ import annotations

from tests.browser.server import Visit, until
from tests.browser.test_looks import OVERFLOW, left_over


def test_an_entry_is_found_and_its_formula_and_picture_are_drawn(visit: Visit) -> None:
    page = visit("/")
    page.set_default_timeout(60_000)
    page.get_by_role("link", name="Reference", exact=True).click()
    page.get_by_role("heading", name="Reference").wait_for()
    box = page.get_by_placeholder("Search by name, formula or family")
    box.fill("averaged mom")
    box.press("Enter")
    page.get_by_text("1 entries").wait_for()
    page.get_by_role("link", name="Averaged momentum").click()
    page.get_by_role("heading", name="Averaged momentum").wait_for()
    page.locator(".st-key-formula .katex").first.wait_for()
    page.locator(".st-key-picture .js-plotly-plot .scatterlayer").first.wait_for()
    page.get_by_text("a tenth of α for β₁ = 0.9").first.wait_for()
    until(lambda: "part=ewma_momentum" in page.evaluate("location.search"), 60)
    for address in page.evaluate("performance.getEntriesByType('resource').map(entry => entry.name)"):
        assert address.startswith((page.evaluate("location.origin"), "data:", "blob:")), "served from here"


def test_spanish_leaves_no_english_in_the_reference(visit: Visit) -> None:
    page = visit("/?lang=es")
    page.set_default_timeout(60_000)
    page.get_by_role("link", name="Referencia", exact=True).click()
    page.get_by_role("heading", name="Referencia").wait_for()
    assert left_over(page) == set()
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate(OVERFLOW)["wide"] <= 0
    page.get_by_role("link", name="He normal").click()
    page.get_by_role("heading", name="He normal").wait_for()
    page.locator(".st-key-picture .js-plotly-plot .scatterlayer").first.wait_for()
    assert left_over(page) == set()
    assert page.evaluate(OVERFLOW)["wide"] <= 0
