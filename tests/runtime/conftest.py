from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.experiment.experiment import Experiment
from engine.runtime import lock
from engine.runtime.client import Fleet
from engine.store.reader import Reader

NETWORK = [
    {"kind": "dense", "width": 8, "activation": {"kind": "tanh"}},
    {"kind": "dropout", "rate": 0.1},
    {"kind": "dense", "width": 8, "activation": {"kind": "tanh"}},
]


def small(steps: int = 10_000_000, **more: Any) -> Experiment:
    """An experiment whose steps are quick."""
    data = {"kind": "circle", "samples": 200}
    probes = [{"kind": "update_ratio"}]
    return Experiment.from_dict({"data": data, "network": NETWORK, "probes": probes, "steps": steps, **more})


def wait_for(condition: Callable[[], Any], seconds: float = 30.0) -> Any:
    """Wait until something holds; fail when it does not."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)
    return found


def end(fleet: Fleet) -> None:
    """Send the supervisor home."""
    if fleet.layout.socket.exists():
        pid = fleet.status()["pid"]
        fleet.close()
        os.kill(pid, signal.SIGTERM)
        wait_for(lambda: not lock.answers(fleet.layout.socket))


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    own = Fleet(tmp_path_factory.mktemp("fleet") / "store", ("--checkpoint-seconds", "1"))
    own.ensure()
    yield own
    end(own)


@pytest.fixture
def reader(fleet: Fleet) -> Iterator[Reader]:
    own = Reader(fleet.layout.home)
    yield own
    own.close()


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Callable[..., Fleet]]:
    """Makes a fleet with other options."""
    made: list[Fleet] = []

    def make(*options: str) -> Fleet:
        made.append(Fleet(tmp_path / "store", options))
        made[-1].ensure()
        return made[-1]

    yield make
    for own in made[:1]:
        end(own)
