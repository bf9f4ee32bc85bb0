"""The real server and clients that mean it no good: foreign names, messages without end, viewers without number."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from importlib import metadata
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as dial
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from engine.experiment.experiment import Experiment
from engine.live import token
from engine.live.route import TOO_FAST_SECONDS
from engine.runtime.client import Fleet
from tests.browser import server as serving

MEGABYTE = 1 << 20


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("strangers") / "store"


@pytest.fixture(scope="module")
def port(home: Path) -> Iterator[int]:
    with serving.server(home) as address:
        yield int(address.rsplit(":", 1)[1])


@pytest.fixture(scope="module")
def run(home: Path, port: int) -> Iterator[str]:
    fleet = Fleet(home)
    yield fleet.start(Experiment(steps=10_000_000))
    fleet.close()


def answered(port: int, path: str, *hosts: str) -> tuple[int, bytes]:
    """What a real HTTP client hears that names these hosts."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as line:
        line.putrequest("GET", path, skip_host=True)
        for host in hosts:
            line.putheader("Host", host)
        line.endheaders()
        answer = line.getresponse()
        return answer.status, answer.read()


def upgraded(port: int, path: str, host: str) -> int:
    """The status that a WebSocket handshake gets; the page has the same name, as in DNS rebinding."""
    try:
        line = socket.create_connection(("127.0.0.1", port))
        with line, connect(f"ws://{host}{path}", sock=line, origin=Origin(f"http://{host}"), open_timeout=20):
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code


def test_foreign_names_are_turned_away_everywhere(home: Path, port: int, run: str) -> None:
    live = f"/live/{run}?token={token.issue(run, home=home)}"
    for path in ("/", "/runs", "/healthz", "/_stcore/health", "/_stcore/host-config", "/assets/0/main.js", "/media/x"):
        status, said = answered(port, path, f"evil.example:{port}")
        assert (status, b"PLAYGROUND_HOSTS" in said) == (421, True), path
        assert answered(port, path, f"localhost:{port}")[0] in (200, 404), path
    for path in ("/_stcore/stream", live):
        assert upgraded(port, path, f"evil.example:{port}") == 421
        for name in ("localhost", "127.0.0.1", "[::1]"):
            assert upgraded(port, path, f"{name}:{port}") == 101
    assert answered(port, "/")[0] in (400, 421)
    assert answered(port, "/", "localhost", "evil.example")[0] in (400, 421)


def test_strangers_are_told_nothing(port: int, run: str) -> None:
    status, said = answered(port, "/healthz", "localhost")
    assert status == 200
    assert json.loads(said) == {"ok": True, "version": metadata.version("training-playground")}
    for path in ("/_stcore/metrics", "/_stcore/metrics/", "/_stcore/agent/openapi.json", "/_stcore/%6detrics"):
        assert answered(port, path, "localhost") == (404, b"Not Found"), path


def peak(pid: int) -> int:
    """The most memory that a process has had, in bytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


def served_by(port: int) -> int:
    """The process that listens on a port."""
    wanted = f":{port:04X} "
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines() if wanted in line]
    inode = next(row[9] for row in rows if row[3] == "0A" and row[1].endswith(wanted.strip()))
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if str(link.readlink()) == f"socket:[{inode}]":
                return int(link.parts[2])
        except OSError:
            continue
    raise AssertionError("nobody listens")


def code(line: object) -> int:
    """With which code a connection is closed; -1 when it is not."""
    end = time.monotonic() + 10
    with suppress(TimeoutError):
        try:
            while time.monotonic() < end:
                line.recv(timeout=5)  # type: ignore[attr-defined]
        except ConnectionClosed as closed:
            return int(closed.rcvd.code) if closed.rcvd else 0
    return -1


@pytest.mark.parametrize("shape", ["one", "pieces", "packed"])
def test_a_message_without_end_is_not_read(home: Path, port: int, run: str, shape: str) -> None:
    pid = served_by(port)
    before = peak(pid)
    size = 100 * MEGABYTE
    message = {"one": "x" * size, "pieces": ["x" * MEGABYTE] * 100, "packed": "x" * size}[shape]
    live = f"/live/{run}?token={token.issue(run, home=home)}"
    for path in (live, "/_stcore/stream"):
        packed = "deflate" if shape == "packed" else None
        with connect(f"ws://127.0.0.1:{port}{path}", max_size=None, compression=packed) as line:
            with suppress(ConnectionClosed):
                line.send(message)
            assert code(line) in (0, 1009)
    assert peak(pid) - before < 30 * MEGABYTE
    assert answered(port, "/healthz", "localhost")[0] == 200


def test_many_small_messages_are_taken_slowly(home: Path, port: int, run: str) -> None:
    """Commands in one go are answered at the pace of a person; more than the line holds wait at the sender's."""
    pid = served_by(port)
    before, began, answers = peak(pid), time.monotonic(), 0
    url = f"ws://127.0.0.1:{port}/live/{run}?token={token.issue(run, home=home)}"
    with connect(url, max_size=None, close_timeout=0.2) as line:
        for _ in range(500):
            line.send('{"do":"nonsense"}')
        while answers < 60:
            said = line.recv(timeout=20)
            answers += isinstance(said, str) and json.loads(said)["type"] == "done"
        assert time.monotonic() - began > 60 * TOO_FAST_SECONDS * 0.95
        line.socket.settimeout(0.2)
        with suppress(TimeoutError, ConnectionClosed):
            for _ in range(20_000):
                line.send('{"do":"snapshot"}')
        assert answered(port, "/healthz", "localhost")[0] == 200
    assert peak(pid) - before < 30 * MEGABYTE


async def crowd(url: str, viewers: int) -> tuple[list[ClientConnection], list[tuple[int, str]]]:
    """So many viewers, who stay; what was said to those who were sent away."""
    stayed: list[ClientConnection] = []
    said: list[tuple[int, str]] = []

    async def one() -> None:
        line = await dial(url, max_size=None, compression=None, open_timeout=60)
        try:
            await line.recv()
            stayed.append(line)
        except ConnectionClosed as closed:
            said.append((closed.rcvd.code, closed.rcvd.reason) if closed.rcvd else (0, ""))

    for start in range(0, viewers, 20):
        await asyncio.gather(*(one() for _ in range(min(20, viewers - start))))
    return stayed, said


def told(address: str) -> None:
    """The page of one more viewer opens, and says why its picture does not move."""
    with serving.browser() as browser:
        page, errors = serving.opened(browser, f"{address}/?lang=es")
        page.get_by_text("Ahora mismo hay demasiadas personas mirando").wait_for()
        page.context.close()
    assert errors == []


def test_viewers_leave_room_for_the_page(tmp_path: Path) -> None:
    few = ("bash", "-c", 'ulimit -n 256; exec "$@"', "few")
    with serving.server(tmp_path / "store", few) as address:
        fleet = Fleet(tmp_path / "store")
        run = fleet.start(Experiment(steps=10_000_000))
        port = urlsplit(address).port
        assert port is not None
        url = f"ws://127.0.0.1:{port}/live/{run}?token={token.issue(run, home=tmp_path / 'store')}"

        async def visit() -> None:
            stayed, said = await crowd(url, 300)
            assert len(stayed) + len(said) == 300
            assert len(stayed) >= 50
            assert set(said) == {(1013, "There are too many viewers just now.")}
            pages = await asyncio.gather(
                *(asyncio.to_thread(answered, port, path, "localhost") for path in ("/", "/healthz", "/runs") * 4)
            )
            assert {status for status, _ in pages} == {200}
            assert await asyncio.to_thread(upgraded, port, "/_stcore/stream", f"localhost:{port}") == 101
            fleet.stop(fleet.start(Experiment(steps=10_000_000)))
            await asyncio.to_thread(told, address)
            for line in stayed:
                line.transport.abort()
            again, _ = await crowd(url, 1)
            assert len(again) == 1
            again[0].transport.abort()

        asyncio.run(visit())
        fleet.close()
