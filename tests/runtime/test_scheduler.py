"""The scheduler, with a real store and without any process: queue, places, memory, commands, restarts."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from engine.errors import PlaygroundError
from engine.run_state import RunState
from engine.runtime.active_run import MOST_RESTARTS
from engine.runtime.request_ticket import RequestTicket
from engine.runtime.scheduler import Scheduler
from tests.runtime.scheduling import MIB, NEW, Pool, command, schedule, state, until


def test_runs_wait_for_a_place_in_turn(tmp_path: Path) -> None:
    async def test(scheduler: Scheduler, pool: Pool) -> None:
        for run in "abcd":
            await scheduler.add(run, NEW)
        await until(lambda: len(pool.started) == 2)
        assert [name for name, _ in pool.started] == ["a", "b"]
        assert await state(scheduler, "c") == ("queued", "Waits for a free place.")
        with pytest.raises(PlaygroundError, match="waits for a free place"):
            await scheduler.command("c", {"do": "pause"}, RequestTicket(None, float("inf")))
        pausing = await command(scheduler, "a", "pause")
        await pool.claim("a", "paused")
        assert await pausing == 0
        assert pool.told["a"][-1] == {"do": "ack"}
        await until(lambda: len(pool.started) == 3)
        assert await state(scheduler, "c") == ("running", "")
        assert await state(scheduler, "a") == ("paused", "")

    schedule(tmp_path, test)


def test_whoever_comes_last_does_not_take_the_place_that_just_came_free(tmp_path: Path) -> None:
    async def test(scheduler: Scheduler, pool: Pool) -> None:
        for run in "ab":
            await scheduler.add(run, NEW)
        await pool.say("a", end={"changes": {"state": "finished", "message": ""}, "log": []})
        await scheduler.add("c", NEW)
        assert (await state(scheduler, "c"))[0] == "queued"
        await pool.end("a")
        await until(lambda: len(pool.started) == 2)
        assert pool.started[-1][0] == "b"

    schedule(tmp_path, test, at_once=1)


def test_a_queued_run_can_be_stopped_and_never_starts(tmp_path: Path) -> None:
    async def test(scheduler: Scheduler, pool: Pool) -> None:
        for run in "abc":
            await scheduler.add(run, NEW)
        assert await (await command(scheduler, "b", "stop")) == 0
        assert await (await command(scheduler, "b", "stop")) == 0, "it has what it wants"
        with pytest.raises(PlaygroundError, match="The run is stopped"):
            await (await command(scheduler, "b", "resume"))
        await pool.say("a", end={"changes": {"state": "finished", "message": ""}, "log": []})
        assert pool.finishing == {"a"}
        assert pool.told["a"][-1] == {"do": "bye"}
        await pool.end("a")
        await until(lambda: len(pool.started) == 2)
        assert [name for name, _ in pool.started] == ["a", "c"]

    schedule(tmp_path, test, at_once=1)


def test_a_run_that_needs_much_memory_waits_and_idle_ones_make_room(tmp_path: Path) -> None:
    async def test(scheduler: Scheduler, pool: Pool) -> None:
        for run in "abc":
            await scheduler.add(run, NEW)
        await until(lambda: len(pool.started) == 3)
        pausing = await command(scheduler, "b", "pause")
        await pool.claim("b", "paused")
        await pausing
        await pool.say("a", needs=400 * MIB)
        assert pool.told["a"] == [{"do": "granted"}]
        await pool.say("c", needs=600 * MIB)
        assert await state(scheduler, "c") == ("queued", "Waits for memory: other runs take it.")
        assert pool.told["b"][-1] == {"do": "leave"}
        await pool.end("b")
        assert pool.told["c"] == [{"do": "granted"}]
        assert await state(scheduler, "c") == ("running", "")
        assert await state(scheduler, "b") == ("paused", ""), "it goes on when it is asked to"
        resuming = await command(scheduler, "b", "resume")
        await until(lambda: pool.started[-1] == ("b", 2))
        await until(lambda: pool.told["b"])
        assert pool.jobs["b"].paused
        await pool.claim("b", "running")
        assert await resuming == 0

    schedule(tmp_path, test, at_once=8)


def test_a_run_that_waits_for_memory_leaves_its_place_to_the_next(tmp_path: Path) -> None:
    async def test(scheduler: Scheduler, pool: Pool) -> None:
        for run in "abc":
            await scheduler.add(run, NEW)
        await until(lambda: len(pool.started) == 2)
        await pool.say("a", needs=800 * MIB)
        await pool.say("b", needs=600 * MIB)
        await until(lambda: pool.started[-1][0] == "c")
        await pool.say("c", needs=100 * MIB)
        assert pool.told["c"] == [], "first come first served: b waits for longer"
        await pool.end("a")
        assert pool.told["b"] == pool.told["c"] == [{"do": "granted"}]

    schedule(tmp_path, test)


def test_a_worker_that_dies_is_replaced_unless_it_gets_no_further(tmp_path: Path) -> None:
    async def test(scheduler: Scheduler, pool: Pool) -> None:
        await scheduler.add("a", NEW)
        await until(lambda: pool.has("a"))
        for attempt in range(1, 4):
            await pool.say("a", steps=10, first=10 * attempt - 9)
            await pool.end("a")
            assert pool.started[-1] == ("a", attempt + 1)
            assert pool.jobs["a"].stored == 10 * attempt
        for _ in range(MOST_RESTARTS):
            assert pool.has("a")
            await pool.end("a")
        assert not pool.has("a")
        assert (await state(scheduler, "a"))[0] == "failed"
        assert "a" not in scheduler.runs

    schedule(tmp_path, test)


def test_a_command_outlives_the_worker_and_what_nobody_waits_for_is_not_done(tmp_path: Path) -> None:
    async def test(scheduler: Scheduler, pool: Pool) -> None:
        await scheduler.add("a", NEW)
        await until(lambda: pool.has("a"))
        pausing, late = await command(scheduler, "a", "pause"), await command(scheduler, "a", "stop", seconds=0.05)
        await pool.end("a")
        assert [message["do"] for message in pool.told["a"]] == ["pause", "stop"]
        await asyncio.sleep(0.1)
        await pool.claim("a", "stopped")
        assert pool.told["a"][-1] == {"do": "nack"}
        with pytest.raises(PlaygroundError, match="nothing was changed"):
            await late
        assert await state(scheduler, "a") == ("running", "")
        await pool.end("a")
        await pool.claim("a", "paused")
        assert await pausing == 0

    schedule(tmp_path, test)


def test_a_beginning_is_announced_when_it_is_on_the_disk(tmp_path: Path) -> None:
    async def test(scheduler: Scheduler, pool: Pool) -> None:
        await scheduler.add("a", NEW)
        await until(lambda: pool.has("a"))
        beginnings = scheduler.intake.beginnings
        assert await beginnings.wait(-1) == 0
        waiting = asyncio.create_task(beginnings.wait(0))
        await pool.say("a", steps=1, first=1)
        await scheduler.intake.drain("a")
        assert not waiting.done(), "only a first report is a beginning"
        await pool.say("a", steps=1, first=2, channels="[]")
        assert await asyncio.wait_for(waiting, 20) == 1
        row = await scheduler.records.row("a")
        assert row is not None
        assert row.step == 2
        scheduler.runs["a"].attempt = 0
        await pool.say("a", channels="[]")
        await scheduler.intake.drain("a")
        assert beginnings.count == 1, "what a replaced worker says is not stored"

    schedule(tmp_path, test)


def test_the_next_supervisor_takes_up_what_was_active(tmp_path: Path) -> None:
    async def first(scheduler: Scheduler, pool: Pool) -> None:
        for run in "abc":
            await scheduler.add(run, NEW)
        await until(lambda: len(pool.started) == 2)
        await pool.say("a", steps=7, first=1)
        await scheduler.intake.drain("a")

    async def second(scheduler: Scheduler, pool: Pool) -> None:
        await until(lambda: len(pool.started) == 2)
        assert sorted(pool.started) == [("a", 2), ("b", 2)]
        assert pool.jobs["a"].stored == 7
        assert scheduler.runs["c"].state is RunState.QUEUED

    schedule(tmp_path, first)
    schedule(tmp_path, second)
