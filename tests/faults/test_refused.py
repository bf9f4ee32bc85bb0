"""What was refused never acts: supervisors and workers that sleep over a request, die over it, or are being born."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from engine.archive.pack import pack
from engine.archive.unpack import unpack
from engine.errors import PlaygroundError
from engine.experiment.edits import Edit
from engine.runtime import client, connection
from engine.runtime.client import Fleet
from engine.runtime.request_ticket import LATE, TAKEN, RequestTicket, sweep
from engine.store.layout import StoreLayout
from engine.store.reader import Reader
from tests.faults.conftest import OPTIONS
from tests.faults.truth import assert_undisturbed, experiment, finish, wait_for
from tests.rows import row_of

PATIENCE = 0.6
EDIT = Edit(path="optimizer.lr", value=0.02)


@contextmanager
def hasty() -> Iterator[None]:
    """Clients that give up soon."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(client, "PATIENCE_SECONDS", PATIENCE)
        patch.setattr(connection, "GRACE_SECONDS", 0.2)
        yield


def begun(fleet: Fleet, reader: Reader) -> tuple[str, str]:
    """A run that trains and one that is paused."""
    training, paused = fleet.start(experiment()), fleet.start(experiment(seed=2))
    wait_for(lambda: min(row_of(reader, training).step, row_of(reader, paused).step) > 50)
    fleet.pause(paused)
    return training, paused


def stored(reader: Reader) -> dict[str, Any]:
    """What the store says was done to its runs."""
    found = {}
    for row in reader.list_runs():
        log = [(entry.kind, entry.detail) for entry in reader.read_log(row.id)]
        found[row.id] = (row.state, row.edited, row.name, row.attempt, log)
    return found


def refused(asked: list[Callable[[], Any]]) -> list[str]:
    """Ask for all at once; what was said to each."""
    said = [""] * len(asked)

    def ask(index: int) -> None:
        try:
            asked[index]()
        except PlaygroundError as error:
            said[index] = str(error)

    threads = [threading.Thread(target=ask, args=(index,)) for index in range(len(asked))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return said


def test_a_stopped_supervisor_does_nothing_later(fleet: Fleet) -> None:
    fleet.ensure()
    reader = Reader(fleet.layout.home)
    training, paused = begun(fleet, reader)
    unpacked = unpack(pack(reader, row_of(reader, paused)))
    asked: list[Callable[[], Any]] = [
        lambda: fleet.start(experiment(seed=3)),
        lambda: fleet.pause(training),
        lambda: fleet.resume(paused),
        lambda: fleet.step(training, "batch"),
        lambda: fleet.step(paused, "epoch"),
        lambda: fleet.edit(training, EDIT),
        lambda: fleet.edit(paused, EDIT),
        lambda: fleet.stop(training),
        lambda: fleet.reset(training),
        lambda: fleet.rename(training, "late"),
        lambda: fleet.delete(paused),
        lambda: fleet.take_in(unpacked),
    ]
    before, pid = stored(reader), fleet.status()["pid"]
    with hasty():
        os.kill(pid, signal.SIGSTOP)
        said = refused(asked)
        os.kill(pid, signal.SIGCONT)
    assert said == [str(LATE)] * len(asked)
    at = row_of(reader, training).step
    wait_for(lambda: row_of(reader, training).step > at + 200)
    assert stored(reader) == before
    assert fleet.status()["pid"] == pid
    fleet.edit(training, EDIT)  # and what is asked for now is done
    reader.close()
    finish(fleet, training)
    fleet.resume(paused)
    finish(fleet, paused)


def test_a_stopped_worker_does_nothing_later(fleet: Fleet) -> None:
    fleet.ensure()
    reader = Reader(fleet.layout.home)
    training, paused = begun(fleet, reader)
    workers = [own["pid"] for own in fleet.status()["runs"].values()]
    before = stored(reader)
    for pid in workers:
        os.kill(pid, signal.SIGSTOP)
    with hasty():
        said = refused(
            [
                lambda: fleet.pause(training),
                lambda: fleet.resume(paused),
                lambda: fleet.step(training, "batch"),
                lambda: fleet.step(paused, "epoch"),
                lambda: fleet.edit(training, EDIT),
                lambda: fleet.stop(training),
                lambda: fleet.stop(paused),
                lambda: fleet.reset(training),
            ]
        )
    for pid in workers:
        os.kill(pid, signal.SIGCONT)
    assert said == [str(LATE)] * 8
    at = row_of(reader, training).step
    wait_for(lambda: row_of(reader, training).step > at + 200)
    assert stored(reader) == before
    reader.close()
    finish(fleet, training)
    fleet.resume(paused)
    finish(fleet, paused)


def test_given_up_between_the_look_at_the_clock_and_the_deed(fleet: Fleet) -> None:
    """The worker goes by the clock and claims; the supervisor finds that the client was first and says no."""
    fleet.ensure()
    reader = Reader(fleet.layout.home)
    training, paused = begun(fleet, reader)
    before = stored(reader)
    fresh = RequestTicket.fresh

    def withdrawn(layout: StoreLayout, until: float) -> RequestTicket:
        ticket = fresh(layout, until + 60)
        assert ticket.withdraw()
        return ticket

    with hasty(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(RequestTicket, "fresh", withdrawn)
        asked = [
            lambda: fleet.pause(training),
            lambda: fleet.edit(training, EDIT),
            lambda: fleet.step(training, "epoch"),
            lambda: fleet.resume(paused),
            lambda: fleet.stop(training),
            lambda: fleet.reset(training),
            lambda: fleet.start(experiment()),
            lambda: fleet.delete(paused),
        ]
        assert refused(asked) == [str(LATE)] * len(asked)
    at = row_of(reader, training).step
    wait_for(lambda: row_of(reader, training).step > at + 200)
    assert stored(reader) == before
    reader.close()
    fleet.edit(training, EDIT)
    finish(fleet, training)


def test_what_was_taken_on_is_not_said_to_be_refused(fleet: Fleet) -> None:
    pid = fleet.status()["pid"]
    os.kill(pid, signal.SIGSTOP)
    fresh = RequestTicket.fresh

    def taken(layout: StoreLayout, until: float) -> RequestTicket:
        ticket = fresh(layout, until)
        assert RequestTicket(ticket.path, until).take()  # as the supervisor does just before it acts
        return ticket

    with hasty(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(RequestTicket, "fresh", taken)
        assert refused([lambda: fleet.start(experiment())]) == [str(TAKEN)]
    os.kill(pid, signal.SIGCONT)


TAKER = """
import sys, time
from pathlib import Path
from engine.runtime.request_ticket import RequestTicket
folder, begin = Path(sys.argv[1]), float(sys.argv[2])
while time.monotonic() < begin:
    pass
print("".join("01"[RequestTicket(folder / str(n), float("inf")).take()] for n in range(3000)))
"""


def test_only_one_can_take_a_ticket(tmp_path: Path) -> None:
    begin = time.monotonic() + 1.0
    command = [sys.executable, "-c", TAKER, str(tmp_path / "tickets"), str(begin)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:
        while time.monotonic() < begin:
            pass
        mine = [RequestTicket(tmp_path / "tickets" / str(n), 0.0).withdraw() for n in reversed(range(3000))]
        said, _ = other.communicate()
    theirs = [letter == "1" for letter in said.strip()]
    assert all(a != b for a, b in zip(reversed(mine), theirs, strict=True))
    assert any(mine)
    assert any(theirs)


def test_old_tickets_are_swept(tmp_path: Path) -> None:
    layout = StoreLayout.of(tmp_path)
    old, new = RequestTicket.fresh(layout, 0.0), RequestTicket.fresh(layout, 0.0)
    assert old.withdraw()
    assert new.withdraw()
    assert not old.withdraw()
    assert old.path is not None
    os.utime(old.path, (1, 1))
    sweep(layout)
    assert [path.name for path in layout.tickets.iterdir()] == [new.path.name if new.path else ""]
    os.utime(layout.tickets / new.to_json()["ticket"], (1, 1))
    sweep(layout)
    layout.tickets.rmdir()


def test_a_start_just_after_the_supervisors_death(fleet: Fleet) -> None:
    """10 ms after SIGKILL its socket may still take connections that nobody will answer."""
    runs = []
    for pause, known in ((0.0, False), (0.01, True), (0.01, False)):
        os.kill(fleet.status()["pid"], signal.SIGKILL)
        time.sleep(pause)
        asking = fleet if known else Fleet(fleet.layout.home, OPTIONS)
        runs.append(asking.start(experiment(300)))
        if asking is not fleet:
            asking.close()
    reader = Reader(fleet.layout.home)
    wait_for(lambda: all(row_of(reader, run).state == "finished" for run in runs))
    assert len(reader.list_runs()) == 3
    reader.close()
    for run in runs:
        assert_undisturbed(fleet.layout.home, run)


def newborn(home: Path, old: int) -> int | None:
    """Another supervisor of the store, however young."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"engine.runtime.supervisor" in words and os.fsencode(home) in words and int(folder.name) != old:
            return int(folder.name)
    return None


def test_a_start_while_a_supervisor_is_born_and_killed(fleet: Fleet) -> None:
    old = fleet.status()["pid"]
    os.kill(old, signal.SIGKILL)
    runs: list[str] = []
    asking = threading.Thread(target=lambda: runs.append(fleet.start(experiment(200))))
    asking.start()
    young = wait_for(lambda: newborn(fleet.layout.home, old))
    time.sleep(0.1)
    os.kill(young, signal.SIGKILL)
    asking.join()
    reader = Reader(fleet.layout.home)
    wait_for(lambda: row_of(reader, runs[0]).state == "finished")
    reader.close()
