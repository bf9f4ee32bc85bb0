"""Forty viewers of one run, and of forty runs: server CPU, age of frames when they arrive, frames lost."""

from __future__ import annotations

import asyncio
import json
import struct
import subprocess
import sys
import time
from dataclasses import dataclass

import numpy as np

from engine.experiment.experiment import Experiment
from engine.store.reader import Reader
from tests.bench.server import Served, cpu_seconds, served

VIEWERS = 40
SECONDS = 10.0
BAR_AGE_MS = 500.0
BAR_RATE = 5.0


@dataclass(frozen=True)
class Found:
    """What forty viewers saw."""

    runs: int
    rate: float  # frames a second that a viewer got, the slowest one
    cpu: float  # of the server, share of a core
    supervisor_cpu: float
    p50: float  # age, milliseconds
    p95: float
    lost: int
    frames: int


def arrivals(urls: list[str], seconds: float) -> list[list[tuple[int, float]]]:
    """Step and arrival time of every full frame at every viewer; the viewers live in a process of their own."""
    command = [sys.executable, "-m", "tests.bench.viewers", "--watch", str(seconds)]
    done = subprocess.run(command, input=json.dumps(urls), capture_output=True, text=True, check=True)
    found: list[list[tuple[int, float]]] = json.loads(done.stdout)
    return found


async def watch(urls: list[str], seconds: float) -> list[list[tuple[int, float]]]:
    """Connect to all, listen for a while."""
    from websockets.asyncio.client import connect

    async def one(url: str) -> list[tuple[int, float]]:
        seen: list[tuple[int, float]] = []
        async with connect(url, max_size=None, compression=None) as line:
            async for said in line:
                if isinstance(said, bytes) and said[:4] == b"TPF1":
                    seen.append((step_of(said), time.time()))
                if time.monotonic() > end:
                    break
        return seen

    end = time.monotonic() + seconds + 3.0
    return await asyncio.gather(*[one(url) for url in urls])


def step_of(frame: bytes) -> int:
    """The step in a frame's header."""
    (length,) = struct.unpack_from("<I", frame, 4)
    step: int = json.loads(frame[8 : 8 + length])["step"]
    return step


def measure(where: Served, runs: int) -> Found:
    """Forty viewers of so many runs, in turns one each; frames of the first seconds are not counted."""
    names = [where.fleet.start(Experiment(steps=10_000_000, seed=seed)) for seed in range(runs)]
    time.sleep(2.0 if runs == 1 else 6.0)
    supervisor = where.fleet.status()["pid"]
    watched = [names[viewer % runs] for viewer in range(VIEWERS)]
    before, began = (cpu_seconds(where.pid), cpu_seconds(supervisor)), time.time()
    seen = arrivals([where.url(run) for run in watched], SECONDS)
    cpu = [now - then for now, then in zip((cpu_seconds(where.pid), cpu_seconds(supervisor)), before, strict=True)]
    span = time.time() - began
    stored = {run: encoded(where, run) for run in names}
    for run in names:
        where.fleet.delete(run)
    ages, rates, lost = [], [], 0
    for run, frames in zip(watched, seen, strict=True):
        first = max(frames[0][1], began + 2.0)
        counted = [(step, at) for step, at in frames if at >= first + 1.0 and step in stored[run]]
        steps = {step for step, _ in counted}
        lost += sum(min(steps) < step < max(steps) and step not in steps for step in stored[run])
        ages += [1000 * (at - stored[run][step]) for step, at in counted]
        rates.append(len(counted) / (counted[-1][1] - counted[0][1]))
    p50, p95 = np.percentile(ages, [50, 95])
    return Found(runs, min(rates), cpu[0] / span, cpu[1] / span, float(p50), float(p95), lost, len(ages))


def encoded(where: Served, run: str) -> dict[int, float]:
    """When each stored frame of a run was encoded by its worker."""
    from sqlalchemy import select

    from engine.store.tables import frames

    reader = Reader(where.home)
    with reader.open_view() as view:
        rows = view.connection.execute(select(frames.c.step, frames.c.at).where(frames.c.run == run)).all()
    reader.close()
    return dict(map(tuple, rows))


def main() -> None:
    """Print a line for one run and one for forty."""
    with served() as where:
        for runs in (1, VIEWERS):
            found = measure(where, runs)
            met = found.p95 <= BAR_AGE_MS and not found.lost and found.rate >= BAR_RATE
            share = f"server {found.cpu:.1%} of a core, supervisor {found.supervisor_cpu:.1%}"
            age = f"age p50 {found.p50:.0f} ms, p95 {found.p95:.0f} ms (bar {BAR_AGE_MS:.0f})"
            gone = f"lost {found.lost} of {found.frames}"
            rate = f"{found.rate:.1f} frames/s at the slowest (bar {BAR_RATE:.0f})"
            verdict = "met" if met else "MISSED"
            print(f"{VIEWERS} viewers of {runs} run(s): {rate}, {share}, {age}, {gone}: {verdict}", flush=True)


if __name__ == "__main__":
    if "--watch" in sys.argv:
        print(json.dumps(asyncio.run(watch(json.load(sys.stdin), float(sys.argv[-1])))))
    else:
        main()
