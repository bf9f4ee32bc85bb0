"""Languages, themes and sizes."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

from pages.session.i18n import load_catalog
from tests.browser.server import Visit, rested, step, until
from tests.pages.messages import messages

# All text that can be seen, shadow trees included.
TEXT = """() => {
  const seen = [];
  const walk = (root) => {
    for (const node of root.childNodes) {
      if (node.nodeType === 3) { const text = node.textContent.trim(); if (text) seen.push(text); continue; }
      if (node.nodeType !== 1 || /^(STYLE|SCRIPT|NOSCRIPT)$/.test(node.tagName)) continue;
      if (node.checkVisibility && !node.checkVisibility({ visibilityProperty: true })) continue;
      if (node.getAttribute('title')) seen.push(node.getAttribute('title'));
      if (node.tagName === 'INPUT' && node.type !== 'checkbox') seen.push(node.value);
      if (node.shadowRoot) walk(node.shadowRoot);
      walk(node);
    }
  };
  walk(document.body);
  return seen;
}"""
OVERFLOW = """() => {
  const main = document.querySelector('[data-testid=stMain]');
  const side = document.querySelector('[data-testid=stSidebarContent]');
  return { wide: Math.max(main.scrollWidth - main.clientWidth, document.body.scrollWidth - innerWidth),
           tall: main.scrollHeight - main.clientHeight,
           side: side ? side.scrollHeight - side.clientHeight : 0 };
}"""


def english() -> set[str]:
    """English texts that Spanish says otherwise."""
    spanish = load_catalog("es")
    pairs = {
        (text, spanish.pgettext(context, text) if context else spanish.gettext(text)) for context, text in messages()
    }
    same = {there for _, there in pairs}
    return {here for here, there in pairs if here != there and here not in same and "{" not in here}


def left_over(page: Page) -> set[str]:
    """English that can be seen."""
    rested(page)
    seen, forbidden = page.evaluate(TEXT), english()
    return {line for line in seen if line in forbidden or any(len(e) > 14 and e in line for e in forbidden)}


def test_spanish_leaves_no_english_on_the_page(visit: Visit) -> None:
    page = visit("/?lang=es")
    until(lambda: step(page) > 20)
    assert left_over(page) == set()
    for tab in ("Red", "Entrenamiento"):
        page.get_by_role("tab", name=tab).click()
        page.get_by_role("tab", name=tab, selected=True).wait_for()
        assert left_over(page) == set()
    for toggle in ("L2", "L1", "Detención temprana"):
        page.get_by_role("switch", name=toggle).locator("xpath=ancestor::label").first.click()
        rested(page)
    assert left_over(page) == set()
    page.get_by_role("link", name="Ejecuciones").click()
    page.get_by_role("button", name="Eliminar").wait_for()
    assert left_over(page) == set()
    assert page.evaluate("document.documentElement.innerText").find("Training") < 0


def test_the_browser_decides_the_language_and_the_switch_changes_it(visit: Visit) -> None:
    page = visit(locale="es-ES")
    page.get_by_role("tab", name="Entrenamiento").wait_for()
    page.get_by_text("EN", exact=True).click()
    page.get_by_role("tab", name="Training").wait_for()
    assert "lang=en" in page.evaluate("location.search")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_needed_is_above_the_fold(visit: Visit, scheme: str) -> None:
    page = visit(color_scheme=scheme)
    until(lambda: step(page) > 5)
    for tab in ("Data", "Network", "Training"):
        page.get_by_role("tab", name=tab).click()
        rested(page)
        over: dict[str, Any] = page.evaluate(OVERFLOW)
        assert over == {"wide": 0, "tall": 0, "side": 0}, tab
    ground = page.evaluate("getComputedStyle(document.querySelector('.stApp')).backgroundColor")
    assert ground == {"light": "rgb(255, 255, 255)", "dark": "rgb(17, 21, 27)"}[scheme]


@pytest.mark.parametrize(("width", "height"), [(1024, 768), (390, 844)])
def test_smaller_screens_need_no_scrolling_sideways(visit: Visit, width: int, height: int) -> None:
    page = visit(viewport={"width": width, "height": height})
    until(lambda: step(page) > 5)
    assert page.evaluate(OVERFLOW)["wide"] <= 0
    page.get_by_role("button", name="Pause").click()
    page.get_by_text("paused").wait_for()
