"""What a visitor sees and does in the first minute."""

from __future__ import annotations

import time
from pathlib import Path
from statistics import median
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page

from engine.experiment import presets
from engine.experiment.share_link import encode_link
from engine.frame import Frame
from engine.store.reader import Reader
from engine.store.run_changes import LogLine
from tests.browser.pixels import MOVES
from tests.browser.server import Visit, counter, rested, step, until


def run_of(page: Page) -> str:
    return str(parse_qs(urlsplit(page.evaluate("location.href")).query)["run"][0])


def test_the_first_picture_moves_by_itself(visit: Visit) -> None:
    page = visit()
    first = until(lambda: page.evaluate(MOVES))
    until(lambda: page.evaluate(MOVES) not in (0, first))
    assert step(page) > 0


def test_pause_stands_still_and_goes_on(visit: Visit) -> None:
    page = visit()
    until(lambda: step(page) > 20)
    page.get_by_role("button", name="Pause").click()
    page.get_by_text("paused").wait_for()
    still = step(page), counter(page, "epoch")
    time.sleep(1.2)
    assert (step(page), counter(page, "epoch")) == still
    page.get_by_role("button", name="One batch").click()
    until(lambda: step(page) == still[0] + 1)
    page.get_by_role("button", name="Train", exact=True).click()
    until(lambda: step(page) > still[0] + 20)


def test_a_new_learning_rate_acts_at_once(visit: Visit, home: Path) -> None:
    page = visit()
    until(lambda: step(page) > 50)
    run = run_of(page)
    page.get_by_role("tab", name="Training").click()
    slider = page.get_by_role("slider", name="Learning rate")
    slider.focus()
    slider.press("ArrowRight")
    reader = Reader(home)
    line = edits(reader, run, 1)[0]
    assert line.detail["path"] == "optimizer.lr"
    assert line.detail["value"] == pytest.approx(0.005)
    assert run_of(page) == run
    before = ratios(reader, run, -1, line.step)[-5:]
    for count in range(2, 7):  # 0.01, 0.02, 0.03, 0.05, 0.1
        slider.press("ArrowRight")
        last = edits(reader, run, count)[-1]
    assert last.detail["value"] == pytest.approx(0.1)
    after = until(lambda: ratios(reader, run, last.step)[:5])
    assert min(after) > 3 * median(before)  # thirty times the rate, so the curve leaves its band at once
    reader.close()


def edits(reader: Reader, run: str, count: int) -> list[LogLine]:
    """The run's edits once there are so many."""
    lines: list[LogLine] = until(
        lambda: found if len(found := [x for x in reader.read_log(run) if x.kind == "edit"]) >= count else []
    )
    return lines


def ratios(reader: Reader, run: str, since: int, to: int = 10**9) -> list[float]:
    frames = map(Frame.decode, reader.read_frames(run, since))
    return [float(f.readings["update_ratio"][0]) for f in frames if f.step <= to]


def test_a_reload_and_a_second_tab_show_the_same_run_further_on(visit: Visit) -> None:
    page = visit()
    until(lambda: step(page) > 100)
    run, seen = run_of(page), step(page)
    page.reload()
    until(lambda: step(page) > seen)
    assert run_of(page) == run
    second = visit(f"/?run={run}")
    until(lambda: step(second) > seen)
    assert run_of(second) == run


def test_reset_and_seed_make_other_runs(visit: Visit) -> None:
    page = visit()
    until(lambda: step(page) > 50)
    run = run_of(page)
    page.get_by_role("button", name="Start again from the same initial weights").click()
    again = until(lambda: run_of(page) != run and run_of(page))
    until(lambda: step(page) > 10)
    page.get_by_role("button", name="Start again with a new seed").click()
    until(lambda: run_of(page) != again)
    until(lambda: page.locator(".st-key-form-seed input").input_value() == "1")


def test_an_invalid_width_is_marked_and_the_run_goes_on(visit: Visit) -> None:
    page = visit()
    until(lambda: step(page) > 20)
    run = run_of(page)
    page.get_by_role("tab", name="Network").click()
    page.locator(".st-key-open_0 button").wait_for()
    page.locator(".st-key-open_0 button").click()
    field = page.locator(".st-key-form-network-0-width input")
    field.fill("0")
    field.press("Enter")
    page.get_by_text("Expected at least 1, received 0").first.wait_for()
    rested(page)
    seen = step(page)
    until(lambda: step(page) > seen)
    assert run_of(page) == run
    field.fill("4")
    field.press("Enter")
    until(lambda: run_of(page) != run)


def test_a_cut_link_says_so_and_trains_the_default(visit: Visit) -> None:
    page = visit("/?x=cfGqrBtN_aO")
    page.get_by_text("This link holds no whole experiment").wait_for()
    until(lambda: step(page) > 5)


def test_a_run_that_stops_early_says_which_weights_it_keeps(visit: Visit) -> None:
    page = visit(f"/?x={encode_link(presets.load('early_stopping'))}")
    page.get_by_text("Stopped early after epoch").wait_for()
    page.locator(".tp-panel-loss").get_by_text("best").first.wait_for()
