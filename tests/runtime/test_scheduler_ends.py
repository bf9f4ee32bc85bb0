"""The scheduler when something ends: deleted runs, workers sent away or lost, claims, a full disk."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from engine.errors import PlaygroundError
from engine.message import Message
from engine.runtime.active_run import MOST_RESTARTS
from engine.runtime.scheduler import Scheduler
from engine.store.records import RunUpdate
from tests.runtime.scheduling import NEW, Pool, command, schedule, state, until


async def begin(scheduler: Scheduler, pool: Pool, run: str, *, paused: bool = False) -> None:
    """A run that trains, or one that has paused."""
    await scheduler.add(run, NEW)
    await until(lambda: pool.has(run))
    if paused:
        pausing = await command(scheduler, run, "pause")
        await pool.claim(run, "paused")
        await pausing


def test_a_deleted_run_is_gone_when_its_worker_is(tmp_path: Path) -> None:
    async def test(scheduler: Scheduler, pool: Pool) -> None:
        await begin(scheduler, pool, "a")
        pausing = await command(scheduler, "a", "pause")
        deleting = asyncio.create_task(scheduler.remove("a"))
        await until(lambda: pool.killed)
        await asyncio.sleep(0.05)
        assert not deleting.done(), "its worker may still write files"
        await pool.end("a")
        await deleting
        assert pool.started == [("a", 1)]
        assert "a" not in scheduler.runs
        with pytest.raises(PlaygroundError, match="The run ended before"):
            await asyncio.wait_for(pausing, 20)
        await scheduler.remove("a")

    schedule(tmp_path, test)


def test_a_run_that_is_deleted_while_its_worker_starts_leaves_none_behind(tmp_path: Path) -> None:
    async def test(scheduler: Scheduler, pool: Pool) -> None:
        pool.may_start.clear()
        await scheduler.add("a", NEW)
        deleting = asyncio.create_task(scheduler.remove("a"))
        await asyncio.sleep(0.05)
        assert pool.killed == []
        pool.may_start.set()
        await until(lambda: pool.killed)
        assert pool.has("a")
        await pool.end("a")
        await deleting

    schedule(tmp_path, test)


def test_the_worker_of_an_idle_paused_run_leaves_once_and_is_not_replaced(tmp_path: Path) -> None:
    async def test(scheduler: Scheduler, pool: Pool) -> None:
        await begin(scheduler, pool, "a", paused=True)
        told = pool.told["a"]
        scheduler.dismiss_idle(60.0)
        assert told[-1] == {"do": "ack"}, "it was used just now"
        stepping = await command(scheduler, "a", "step")
        scheduler.dismiss_idle(0.0)
        assert told[-1]["do"] == "step", "somebody waits for it"
        await pool.claim("a", "paused")
        await stepping
        scheduler.dismiss_idle(0.0)
        scheduler.dismiss_idle(0.0)
        assert told[-2:] == [{"do": "ack"}, {"do": "leave"}]
        resuming = await command(scheduler, "a", "resume")
        assert told[-1] == {"do": "leave"}, "it hears nothing more"
        await pool.end("a")
        assert await state(scheduler, "a") == ("paused", "")
        await until(lambda: pool.started[-1] == ("a", 2))
        await until(lambda: pool.told["a"])
        await pool.claim("a", "running")
        assert await resuming == 0

    schedule(tmp_path, test)


def test_several_commands_wake_one_worker(tmp_path: Path) -> None:
    async def test(scheduler: Scheduler, pool: Pool) -> None:
        await begin(scheduler, pool, "a", paused=True)
        scheduler.dismiss_idle(0.0)
        await pool.end("a")
        pool.may_start.clear()
        resuming = await command(scheduler, "a", "resume")
        await until(lambda: "a" in scheduler.runs)
        pausing = await command(scheduler, "a", "pause")
        pool.may_start.set()
        await until(lambda: len(pool.started) > 1)
        await asyncio.sleep(0.1)
        assert pool.started == [("a", 1), ("a", 2)]
        assert [message["do"] for message in pool.told["a"]] == ["resume", "pause"]
        await scheduler._wake(scheduler.runs["a"], {})
        assert pool.started == [("a", 1), ("a", 2)], "one that has a worker needs none"
        resuming.cancel()
        pausing.cancel()

    schedule(tmp_path, test)


def test_a_run_that_is_no_longer_stored_gets_no_worker(tmp_path: Path) -> None:
    async def test(scheduler: Scheduler, pool: Pool) -> None:
        await begin(scheduler, pool, "a")
        await scheduler.records.store(RunUpdate("a", delete=True))
        await pool.end("a")
        assert pool.started == [("a", 1)]

    schedule(tmp_path, test)


def test_what_a_lost_worker_said_is_not_laid_to_the_next(tmp_path: Path) -> None:
    async def test(scheduler: Scheduler, pool: Pool) -> None:
        await begin(scheduler, pool, "a")
        await pool.say("a", steps=1, first=100)
        await pool.end("a")
        assert pool.started[-1] == ("a", 2)
        pausing = await command(scheduler, "a", "pause")
        await pool.claim("a", "paused")
        assert await pausing == 0

    schedule(tmp_path, test)


def test_a_supervisor_that_leaves_blames_no_run_for_its_end(tmp_path: Path) -> None:
    async def test(scheduler: Scheduler, pool: Pool) -> None:
        await begin(scheduler, pool, "a")
        scheduler.closing = True
        for _ in range(MOST_RESTARTS + 1):
            await scheduler.lose("a")
        assert await state(scheduler, "a") == ("running", "")

    schedule(tmp_path, test)


def test_a_claim_is_on_the_disk_before_the_worker_acts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def test(scheduler: Scheduler, pool: Pool) -> None:
        await begin(scheduler, pool, "a")
        stored: list[str] = []
        send = pool.send

        def look_then_send(run: str, message: dict[str, Any]) -> None:
            row = scheduler.records.reader.read_run(run)
            assert row is not None
            stored.append(f"{message['do']}: {row.state}")
            send(run, message)

        monkeypatch.setattr(pool, "send", look_then_send)
        stopping = await command(scheduler, "a", "stop")
        await pool.claim("a", "stopped")
        assert await stopping == 0
        assert stored == ["stop: running", "ack: stopped"]
        assert pool.finishing == {"a"}, "it saves, and is not killed over it"
        await pool.end("a")
        assert pool.started == [("a", 1)]

    schedule(tmp_path, test)


def test_a_command_that_the_worker_refuses_is_refused_with_its_sentence(tmp_path: Path) -> None:
    async def test(scheduler: Scheduler, pool: Pool) -> None:
        await begin(scheduler, pool, "a")
        editing = await command(scheduler, "a", "edit")
        sentence = Message("The rate has to be above {least}.", least=0).plain()
        await pool.say("a", refusal={"id": pool.told["a"][-1]["id"], "sentence": sentence})
        with pytest.raises(PlaygroundError, match="has to be above 0"):
            await asyncio.wait_for(editing, 20)

    schedule(tmp_path, test)


def test_a_worker_that_met_the_full_disk_goes_on_when_there_is_room(tmp_path: Path) -> None:
    async def test(scheduler: Scheduler, pool: Pool) -> None:
        await begin(scheduler, pool, "a")
        await begin(scheduler, pool, "b")
        await pool.say("a", full=True)
        await until(lambda: pool.told["a"] == [{"do": "room"}])
        assert pool.told["b"] == []
        scheduler.set_full(False)
        assert pool.told["a"] == [{"do": "room"}]

    schedule(tmp_path, test)
