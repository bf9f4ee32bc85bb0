"""A viewer's queue: in order, bounded, and one snapshot for who lags."""

from __future__ import annotations

import asyncio

from engine.live.viewer import MOST_BYTES, MOST_MESSAGES, Viewer


async def drain(viewer: Viewer) -> list[object]:
    found: list[object] = []
    while True:
        try:
            found.append(await asyncio.wait_for(viewer.next(), 0.02))
        except TimeoutError:
            return found
        if found[-1] is None:
            return found


def test_news_come_after_the_snapshot_in_order() -> None:
    async def story() -> None:
        viewer = Viewer("r")
        viewer.offer(["too early"])
        viewer.restart(["hello", b"all"])
        viewer.offer([b"1", b"2"])
        viewer.offer([b"3"])
        assert await drain(viewer) == ["hello", b"all", b"1", b"2", b"3"]

    asyncio.run(story())


def test_who_lags_is_sent_one_snapshot() -> None:
    async def story() -> None:
        viewer = Viewer("r")
        viewer.restart(["hello"])
        assert await viewer.next() == "hello"
        for _ in range(3 * MOST_MESSAGES):
            viewer.offer([b"news"])
        assert not viewer.wants_snapshot  # not before the line is free
        assert await drain(viewer) == []
        assert viewer.wants_snapshot
        assert viewer.lags == 1
        viewer.restart(["hello again"])
        viewer.offer([b"next"])
        assert await drain(viewer) == ["hello again", b"next"]

    asyncio.run(story())


def test_bytes_are_bounded_too() -> None:
    async def story() -> None:
        viewer = Viewer("r")
        viewer.restart([bytes(3 * MOST_BYTES)])  # a snapshot is as long as it is
        viewer.offer([bytes(MOST_BYTES // 2)])
        assert viewer.lags == 0
        viewer.offer([bytes(MOST_BYTES)])
        assert viewer.lags == 1

    asyncio.run(story())


def test_answers_survive_a_snapshot() -> None:
    async def story() -> None:
        viewer = Viewer("r")
        viewer.reply("done")
        viewer.restart(["hello"])
        assert await drain(viewer) == ["done", "hello"]

    asyncio.run(story())


def test_the_end() -> None:
    async def story() -> None:
        viewer = Viewer("r")
        viewer.restart(["hello"])
        viewer.end()
        assert await drain(viewer) == ["hello", None]

    asyncio.run(story())
