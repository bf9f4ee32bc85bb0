"""From the click to the first picture: `Fleet.start` to the first frame at a WebSocket client, on a warm server."""

from __future__ import annotations

import statistics
import time

from websockets.sync.client import connect

from engine.experiment.experiment import Experiment
from tests.bench.server import Served, served

BAR_MS = 300.0
TIMES = 11


def once(where: Served) -> float:
    """Milliseconds for one run of the default experiment."""
    began = time.perf_counter()
    run = where.fleet.start(Experiment())
    with connect(where.url(run), max_size=None, compression=None) as line:
        while True:
            said = line.recv(timeout=30)
            if isinstance(said, bytes) and said[:4] == b"TPF1" and b'"output"' in said[:4_096]:
                break
    took = 1000 * (time.perf_counter() - began)
    where.fleet.delete(run)
    return took


def measure() -> list[float]:
    """Milliseconds of each of several clicks; one before them is thrown away."""
    with served() as where:
        once(where)
        return [once(where) for _ in range(TIMES)]


def main() -> None:
    """Print the median and the bar."""
    found = sorted(measure())
    middle = statistics.median(found)
    verdict = "met" if middle <= BAR_MS else "MISSED"
    print(
        f"click to first frame: median {middle:.0f} ms ({found[0]:.0f}–{found[-1]:.0f}), bar {BAR_MS:.0f} ms: {verdict}"
    )


if __name__ == "__main__":
    main()
