"""What a visitor waits for: from opening the page to the first motion, from a key press to the edit in the log."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Browser

from engine.runtime.client import Fleet
from engine.store.reader import Reader
from tests.browser.pixels import MOVES
from tests.browser.server import browser, opened, server, step, until

BAR_MOTION_S = 3.0
BAR_EDIT_MS = 200.0
VISITS = 7
PRESSES = 9


def first_motion(visitor: Browser, address: str, fleet: Fleet) -> float:
    """Seconds until a picture has changed, for a visitor whose browser has nothing cached."""
    began = time.perf_counter()
    page, _ = opened(visitor, address)
    first = until(lambda: page.evaluate(MOVES))
    until(lambda: page.evaluate(MOVES) not in (0, first))
    took = time.perf_counter() - began
    fleet.stop(parse_qs(urlsplit(page.url).query)["run"][0])
    page.context.close()
    return took


def edits(visitor: Browser, address: str, home: Path) -> list[float]:
    """Milliseconds from each press of an arrow key on the learning rate to the edit on the disk."""
    page, _ = opened(visitor, address)
    until(lambda: step(page) > 50)
    run = parse_qs(urlsplit(page.url).query)["run"][0]
    page.get_by_role("tab", name="Training").click()
    slider = page.get_by_role("slider", name="Learning rate")
    slider.focus()
    reader, took = Reader(home), []
    for press in range(PRESSES):
        pressed = time.time()
        slider.press("ArrowLeft" if press % 2 else "ArrowRight")
        lines = until(lambda p=press: found if len(found := logged(reader, run)) > p else [])
        took.append(1000 * (lines[-1] - pressed))
        time.sleep(1.0)
    reader.close()
    page.context.close()
    return took


def logged(reader: Reader, run: str) -> list[float]:
    """When each edit of the run was made."""
    return [line.at for line in reader.read_log(run) if line.kind == "edit"]


def verdict(value: float, bar: float) -> str:
    """Whether a bar is met."""
    return "met" if value <= bar else "MISSED"


def main() -> None:
    """Print the medians and the bars."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        home = Path(folder) / "store"
        with server(home) as address, browser() as visitor:
            fleet = Fleet(home)
            cold, *motion = (first_motion(visitor, address, fleet) for _ in range(1 + VISITS))
            pressed = edits(visitor, address, home)
            fleet.close()
    middle, typed = statistics.median(motion), statistics.median(pressed)
    spread = f"{min(motion):.1f}–{max(motion):.1f}; the server's first visitor {cold:.1f}"
    print(f"first motion: median {middle:.2f} s ({spread}), bar {BAR_MOTION_S:.0f} s: {verdict(middle, BAR_MOTION_S)}")
    keys = f"{min(pressed):.0f}–{max(pressed):.0f}"
    print(f"key to edit: median {typed:.0f} ms ({keys}), bar {BAR_EDIT_MS:.0f} ms: {verdict(typed, BAR_EDIT_MS)}")


if __name__ == "__main__":
    main()
