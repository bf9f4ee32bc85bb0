"""The dialogs of the checks and of the cost."""

from __future__ import annotations

from pages.session.i18n import load_catalog
from tests.browser.server import Visit, step, until

KINDS = ("initial_loss", "regularization", "overfit", "gradient", "leak", "blind")


def test_every_check_has_a_verdict_and_none_failed(visit: Visit) -> None:
    page = visit()
    until(lambda: step(page) > 5, 60)
    page.get_by_role("button", name="Check", exact=True).click()
    for kind in KINDS:
        page.locator(f".st-key-check_{kind}").wait_for(timeout=120_000)
    said = [page.locator(f".st-key-check_{kind}").inner_text() for kind in KINDS]
    assert all("Expected:" in text and "Found:" in text for text in said)
    assert [("Passed" in text) + ("Look at this" in text) for text in said] == [1] * len(KINDS)
    assert not any("Failed" in text for text in said)


def test_checks_can_be_stopped(visit: Visit) -> None:
    """At once, and not when they are done."""
    page = visit()
    until(lambda: step(page) > 5, 60)
    page.get_by_role("button", name="Check", exact=True).click()
    page.locator(f".st-key-check_{KINDS[0]}").wait_for(timeout=120_000)
    page.get_by_role("button", name="Stop", exact=True).click()
    page.get_by_text("Stopped.").wait_for(timeout=20_000)
    assert page.locator(f".st-key-check_{KINDS[0]}").count() == 1, "what was found stays"
    assert page.locator(f".st-key-check_{KINDS[-1]}").count() == 0


def test_the_cost_shows_numbers_in_spanish_too(visit: Visit) -> None:
    page = visit("/?lang=es")
    until(lambda: step(page) > 5, 60)
    page.get_by_role("button", name=load_catalog("es").gettext("Cost"), exact=True).click()
    page.locator(".st-key-epoch_time").wait_for(timeout=120_000)
    dialog = page.get_by_role("dialog")
    text = dialog.inner_text()
    assert "354" in text
    assert "Memoria para entrenar, lote de 10" in text
    assert "Parameters" not in text
