"""The hub looks when a run begins, and not at its next tick only."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from engine.experiment.experiment import Experiment
from engine.live import hub as hubs
from engine.live.service import Live
from engine.live.viewer import Viewer
from engine.runtime import beginnings
from engine.runtime.client import Fleet

ENDLESS = Experiment(steps=10_000_000)


async def read_all(viewer: Viewer, quiet: float) -> int:
    """How many messages come until there are none for so long."""
    count = 0
    while True:
        try:
            await asyncio.wait_for(viewer.next(), quiet)
        except TimeoutError:
            return count
        count += 1


def test_a_run_that_begins_makes_the_hub_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hubs, "TICK_SECONDS", 600.0)
    fleet = Fleet(tmp_path / "store")

    async def watch() -> None:
        live = Live(tmp_path / "store")
        async with live.lifespan(None):
            assert live._hub is not None
            viewer = Viewer(await asyncio.to_thread(fleet.start, ENDLESS))
            live._hub.join(viewer)
            await read_all(viewer, 1.5)  # what it begins with, and its first picture
            assert await read_all(viewer, 0.3) == 0, "its tick is far away"
            await asyncio.to_thread(fleet.start, ENDLESS)
            assert await asyncio.wait_for(viewer.next(), 20) is not None

    try:
        asyncio.run(watch())
    finally:
        os.kill(fleet.status()["pid"], signal.SIGTERM)
        fleet.close()


def test_a_supervisor_that_went_away_is_not_waited_for(tmp_path: Path) -> None:
    socket, seen = tmp_path / "s", []

    async def leave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b'{"id": 0, "ok": {"count": 3}}\n')
        await reader.readline()
        writer.close()

    async def test() -> None:
        async with await asyncio.start_unix_server(leave, str(socket)):
            with pytest.raises(ConnectionResetError):
                await asyncio.wait_for(beginnings.follow(socket, lambda: seen.append(1)), 20)

    asyncio.run(test())
    assert seen == [1]
    with pytest.raises(OSError, match="No such file"):
        asyncio.run(beginnings.follow(tmp_path / "nobody", lambda: None))
