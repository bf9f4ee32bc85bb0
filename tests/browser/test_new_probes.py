"""A new probe is one file, whatever its mark: it is seen live, enlarged, in the reference and in exports."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from engine.store.reader import Reader
from tests.browser import server as serving
from tests.browser.probes import MARKS, copied

PAINTED = """canvas => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const colors = new Set();
  for (let i = 0; i < data.length; i += 4) if (data[i + 3]) colors.add(data[i] << 16 | data[i + 1] << 8 | data[i + 2]);
  return colors.size;
}"""
READ = """
import sys
from engine.store.reader import Reader
from pages.figures.panels import draw_panel, tabulate_panel
from pages.session.run_records import read_record
from pages.settings import get_chart_colors

reader = Reader()
(row,) = reader.list_runs()
seen = read_record(row, row.id)
colors = get_chart_colors("light")
for mark in sys.argv[1:]:
    print(mark, len(tabulate_panel(seen, f"drawn_{mark}")), len(draw_panel(seen, f"drawn_{mark}", colors).data))
"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copied(tmp_path_factory.mktemp("tree"))


@pytest.fixture(scope="module")
def address(home: Path, tree: Path) -> Iterator[str]:
    with serving.server(home, ("env", "-C", str(tree)), PYTHONPATH=str(tree)) as address:
        yield address


@pytest.fixture(scope="module")
def page(browser: Browser, address: str) -> Iterator[Page]:
    page, errors = serving.opened(browser, address)
    page.set_default_timeout(60_000)
    serving.until(lambda: serving.step(page) > 50, 60)
    yield page
    page.context.close()
    assert errors == []


def test_every_mark_has_a_probe_here() -> None:
    assert len(MARKS) == 12


@pytest.mark.parametrize("mark", MARKS)
def test_it_has_a_panel_of_its_own(page: Page, mark: str) -> None:
    panel = page.locator(f".tp-panel-drawn_{mark}")
    panel.locator(".tp-title", has_text=f"Drawn {mark}").wait_for()
    panel.scroll_into_view_if_needed()
    serving.until(lambda: panel.locator("canvas").evaluate(PAINTED) > 3)
    panel.get_by_role("button", name="How to read").hover()
    assert panel.locator(".tp-tip").inner_text() == f"Look how {mark} are drawn."
    page.mouse.move(0, 0)


@pytest.mark.parametrize("mark", MARKS)
def test_it_is_enlarged(page: Page, mark: str) -> None:
    page.locator(f"[data-enlarge=drawn_{mark}]").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text(f"Drawn {mark}", exact=True).first.wait_for()
    dialog.locator(".js-plotly-plot .trace, .js-plotly-plot .hm").first.wait_for(state="attached")
    dialog.get_by_text(f"Look how {mark} are drawn.").wait_for()
    dialog.get_by_role("button", name="Close").click()
    dialog.wait_for(state="detached")


def test_it_is_in_the_reference(browser: Browser, address: str) -> None:
    page, _ = serving.opened(browser, f"{address}/reference?part=drawn_heat")
    page.get_by_role("heading", name="Drawn heat").wait_for(timeout=60_000)
    page.get_by_text("It measures nothing.").first.wait_for()
    page.context.close()


def test_its_numbers_are_exported(page: Page, home: Path, tree: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    page.get_by_role("button", name="Pause").click()
    page.locator("[data-state=paused]").wait_for()
    place = {**os.environ, "PYTHONPATH": str(tree), "PLAYGROUND_STORE": str(home)}
    here = {"cwd": tree, "env": place, "capture_output": True, "text": True, "check": True}
    done = subprocess.run([sys.executable, "-c", READ, *MARKS], **here)  # type: ignore[call-overload]
    told = {line.split()[0]: line.split()[1:] for line in done.stdout.splitlines()}
    assert set(told) == set(MARKS)
    assert all(int(rows) > 0 and int(traces) > 0 for rows, traces in told.values()), told
    reader = Reader(home)
    (row,) = reader.list_runs()
    reader.close()
    call = [sys.executable, "-m", "engine.cli.main", "export", row.id, "--format", "tensorboard", "--to", str(tree)]
    subprocess.run(call, **here)  # type: ignore[call-overload]
    written = next(tree.rglob("events.out.*"))
    found = EventAccumulator(str(written), {"scalars": 0, "histograms": 0, "images": 0})
    found.Reload()
    tags = {tag.split("/")[0] for kind in ("scalars", "histograms", "images") for tag in found.Tags()[kind]}
    assert {f"drawn_{mark}" for mark in MARKS} <= tags
