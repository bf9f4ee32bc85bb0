"""The store on a small file system that becomes full."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.errors import PlaygroundError
from engine.runtime.client import Fleet
from engine.store import disk_reserve
from engine.store.reader import Reader
from tests.faults.conftest import OPTIONS, end, kill_supervisor
from tests.faults.truth import assert_undisturbed, experiment, finish, wait_for
from tests.rows import row_of

INSIDE = "PLAYGROUND_TEST_INSIDE"


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system of 8 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)]
    mount = subprocess.run(command, capture_output=True, check=False)
    if mount.returncode:
        pytest.skip(f"a small file system cannot be mounted: {mount.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def can_mount() -> bool:
    return os.geteuid() == 0 or INSIDE in os.environ


@pytest.mark.skipif(can_mount(), reason="may mount")
def test_in_a_namespace() -> None:
    """Who is not root tries the same in a user namespace."""
    unshare = shutil.which("unshare")
    if unshare is None or subprocess.run([unshare, "-rm", "true"], capture_output=True, check=False).returncode:
        pytest.skip("neither root nor user namespaces")
    command = [unshare, "-rm", sys.executable, "-m", "pytest", __file__]
    done = subprocess.run(command, env={**os.environ, INSIDE: "1"}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]


def fill(path: Path) -> None:
    """Take all the room there is."""
    try:
        with path.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise


@pytest.mark.skipif(not can_mount(), reason="tried in a namespace")
def test_runs_wait_for_room_and_go_on(small: Path) -> None:
    fleet = Fleet(small / "store", OPTIONS)
    runs = [fleet.start(experiment(2_000, seed)) for seed in (1, 2)]
    reader = Reader(fleet.layout.home)
    wait_for(lambda: all(row_of(reader, run).step > 100 for run in runs))
    fill(small / "filler")
    wait_for(lambda: all(row_of(reader, run).state == "held" for run in runs))
    rows = [row_of(reader, run) for run in runs]
    time.sleep(1.5)
    for run, row in zip(runs, rows, strict=True):
        now = row_of(reader, run)
        assert now.message == disk_reserve.FULL
        assert (now.state, now.step) == ("held", row.step)
        assert len(reader.read_losses(run, points=None)) == row.step  # what was saved stays readable
        assert reader.read_frames(run)
    with pytest.raises(PlaygroundError, match="full"):
        fleet.pause(runs[0])
    with pytest.raises(PlaygroundError, match="full"):
        fleet.start(experiment())
    assert fleet.status()["full"]
    (small / "filler").unlink()
    wait_for(lambda: all(row_of(reader, run).state == "finished" for run in runs))
    reader.close()
    for run in runs:
        kinds = [kind for _, kind in assert_undisturbed(fleet.layout.home, run)]
        assert [kind for kind in kinds if kind != "finished"] == ["held", "released"]
    assert fleet.layout.disk_reserve.stat().st_size == disk_reserve.size(small)
    end(fleet)


@pytest.mark.skipif(not can_mount(), reason="tried in a namespace")
def test_deleting_a_run_makes_room(small: Path) -> None:
    fleet = Fleet(small / "store", OPTIONS)
    old, run = fleet.start(experiment(600)), fleet.start(experiment(seed=2))
    reader = Reader(fleet.layout.home)
    wait_for(lambda: row_of(reader, old).state == "finished" and row_of(reader, run).step > 100)
    fill(small / "filler")
    wait_for(lambda: row_of(reader, run).state == "held")
    fleet.delete(old)
    assert reader.read_run(old) is None
    (small / "filler").unlink()
    wait_for(lambda: row_of(reader, run).state == "running")
    reader.close()
    finish(fleet, run)
    end(fleet)


@pytest.mark.skipif(not can_mount(), reason="tried in a namespace")
def test_killed_while_full(small: Path) -> None:
    fleet = Fleet(small / "store", OPTIONS)
    run = fleet.start(experiment())
    reader = Reader(fleet.layout.home)
    wait_for(lambda: row_of(reader, run).step > 100)
    fill(small / "filler")
    wait_for(lambda: row_of(reader, run).state == "held")
    kill_supervisor(fleet)
    (small / "filler").unlink()
    fleet.ensure()
    reader.close()
    finish(fleet, run)
    end(fleet)
