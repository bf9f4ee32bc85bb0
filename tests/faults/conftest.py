from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.runtime import lock
from engine.runtime.client import Fleet
from tests.faults.truth import wait_for

OPTIONS = ("--idle-seconds", "60", "--checkpoint-seconds", "0.25")


def gone(pid: int) -> bool:
    """Has the process ended? One that only waits to be collected has."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):  # the second: it went between opening and reading
        return True


def kill_supervisor(fleet: Fleet) -> None:
    """SIGKILL; back when it is gone with all its threads, so that its sockets are closed."""
    pid = fleet.status()["pid"]
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: gone(pid) and not lock.answers(fleet.layout.socket))


def end(fleet: Fleet) -> None:
    """Send the supervisor home."""
    if fleet.layout.socket.exists():
        pid = fleet.status()["pid"]
        fleet.close()
        os.kill(pid, signal.SIGTERM)
        wait_for(lambda: gone(pid))


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    own = Fleet(tmp_path / "store", OPTIONS)
    yield own
    end(own)
