"""The live route on a real server: who is let in, what is sent, what can be asked."""

from __future__ import annotations

import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from websockets.exceptions import ConnectionClosed

from engine.experiment.experiment import Experiment
from engine.frame import Frame
from engine.live import token
from engine.live import viewer as viewers
from engine.live.service import Live
from engine.message import Message
from engine.runtime.client import Fleet
from engine.store.reader import Reader
from tests.live.talking import LISTENER, PORT, closed_with, is_frame, until, viewer, wait_for


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("live") / "store"


@pytest.fixture(scope="module")
def live(home: Path) -> Iterator[Live]:
    own = Live(home)
    app = Starlette(routes=[own.route()], lifespan=own.lifespan)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", ws="websockets-sansio"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [LISTENER]})
    thread.start()
    wait_for(lambda: server.started)
    yield own
    server.should_exit = True
    thread.join()
    fleet = Fleet(home)
    os.kill(fleet.status()["pid"], signal.SIGTERM)
    fleet.close()


@pytest.fixture(scope="module")
def fleet(live: Live, home: Path) -> Iterator[Fleet]:
    own = Fleet(home)
    own.ensure()
    yield own
    own.close()


@pytest.fixture
def run(fleet: Fleet) -> Iterator[str]:
    name = fleet.start(Experiment(steps=10_000_000))
    reader = Reader(fleet.layout.home)
    wait_for(lambda: len(reader.read_frames(name)) > 2)
    reader.close()
    yield name
    fleet.delete(name)


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "http://localhost:1", "null", f"http://localhost.evil:{PORT}"]
)
def test_foreign_pages_are_refused(home: Path, run: str, origin: str) -> None:
    assert closed_with(home, run, additional_headers={"Origin": origin}) == 1008


def test_our_page_and_programs_are_let_in(home: Path, run: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for headers in ({"Origin": f"http://localhost:{PORT}"}, {}):
        with viewer(home, run, additional_headers=headers) as line:
            assert until(line, lambda message: True)[0]["type"] == "hello"
    monkeypatch.setenv("PLAYGROUND_ORIGINS", "https://lab.example, https://other.example")
    with viewer(home, run, additional_headers={"Origin": "https://lab.example"}) as line:
        assert until(line, lambda message: True)[0]["type"] == "hello"


def test_bad_and_old_tokens_are_refused(home: Path, run: str) -> None:
    assert closed_with(home, run, token="nonsense") == 1008
    assert closed_with(home, run, token=token.issue("other", home=home)) == 1008
    assert closed_with(home, run, token=token.issue(run, ttl=-1, home=home)) == 1008


def test_an_unknown_run_is_said_to_be_one(home: Path, live: Live) -> None:
    assert closed_with(home, "nobody") == 4404


def test_a_snapshot_then_news_without_a_gap(home: Path, run: str) -> None:
    with viewer(home, run) as line:
        said = until(line, lambda message: is_frame(message))
        hello, static = said[:2]
        assert hello["type"] == "hello"
        assert hello["run"] == run
        assert hello["state"] == "running"
        assert hello["experiment"]["data"]["kind"] == "spiral"
        assert {channel["key"] for channel in hello["channels"]} >= {"output", "update_ratio", "activation_histogram"}
        assert static.step == -1
        assert static.readings["points"].shape == (500, 4)
        heads = [message[0] for message in said if isinstance(message, tuple)]
        assert [(head["kind"], head["reset"]) for head in heads] == [("losses", True), ("epochs", True)]
        assert heads[1]["columns"][2:4] == ["train_loss", "train_metric"]
        history = [message for message in said[2:-1] if isinstance(message, Frame)]
        assert history
        assert all(not {"output", "units"} & set(frame.readings) for frame in history)
        steps = [frame.step for frame in (*history, said[-1])]
        assert steps == sorted(set(steps))
        assert said[2][1][:, 0].tolist() == list(range(1, heads[0]["rows"] + 1))
        news = until(line, lambda message: is_frame(message) and message.step > steps[-1] + 200)
        more = [
            row
            for message in news
            if isinstance(message, tuple) and message[0]["kind"] == "losses"
            for row in message[1]
        ]
        assert more[0][0] == heads[0]["rows"] + 1  # goes on where the snapshot ended
        assert all(a[0] < b[0] for a, b in itertools.pairwise(more))
    reader = Reader(home)
    stored = dict(reader.read_losses(run, None).tolist())
    bytes_of = {Frame.decode(payload).step: payload for payload in reader.read_frames(run)}
    reader.close()
    assert all(stored[step] == loss for step, loss in more)
    frames = [message for message in news if isinstance(message, Frame)]
    assert frames
    assert all(frame.encode() == bytes_of[frame.step] for frame in frames)  # exactly what is stored
    told = [step for step in bytes_of if steps[-1] < step <= frames[-1].step]
    assert [frame.step for frame in frames] == told  # and all of it


def test_commands(home: Path, run: str) -> None:
    with viewer(home, run) as line:
        until(line, is_frame)
        line.send('{"do": "pause"}')
        said = until(line, lambda m: isinstance(m, dict) and m["type"] == "done")
        at = said[-1]["step"]
        rest = [m for m in said if isinstance(m, dict)]
        while not any(m["type"] == "state" for m in rest) or not any(m["type"] == "log" for m in rest):
            rest.append(until(line, lambda m: isinstance(m, dict))[-1])
        state = next(m for m in rest if m["type"] == "state")
        assert (state["state"], state["message"]["text"], state["step"]) == ("paused", "", at)
        assert {"type": "log", "step": at, "kind": "pause", "detail": {}} in rest
        for name in ("step", "epoch"):
            line.send(json.dumps({"do": name}))
            frame = until(line, is_frame)[-1]
            assert frame.step > at
            at = frame.step
        line.send('{"do": "resume"}')
        assert until(line, lambda m: isinstance(m, Frame))[-1].step > at
        line.send('{"do": "stop"}')
        until(line, lambda m: isinstance(m, dict) and m.get("state") == "stopped")
        line.send('{"do": "pause"}')
        done = until(line, lambda m: isinstance(m, dict) and m["type"] == "done" and m["do"] == "pause")[-1]
        assert "stopped" in str(Message.of(done["error"]))


@pytest.mark.parametrize("said", ["", "{", "[]", "7", '{"do": 7}', '{"do": "delete"}', "x" * 9_000, '{"do":' * 3_000])
def test_nonsense_is_answered(home: Path, run: str, said: str) -> None:
    with viewer(home, run) as line:
        line.send(said)
        done = until(line, lambda m: isinstance(m, dict) and m["type"] == "done")[-1]
        assert "Expected one of" in done["error"]["text"]
        until(line, is_frame)


def test_who_may_only_watch_cannot_command(home: Path, run: str) -> None:
    with viewer(home, run, token=token.issue(run, right="watch", home=home)) as line:
        line.send('{"do": "stop"}')
        assert "only watch" in until(line, lambda m: isinstance(m, dict) and m["type"] == "done")[-1]["error"]["text"]
        until(line, is_frame)


def test_a_snapshot_on_request(home: Path, run: str) -> None:
    with viewer(home, run) as line:
        until(line, is_frame)
        line.send('{"do": "snapshot"}')
        again = until(line, lambda m: isinstance(m, dict) and m["type"] == "hello")[-1]
        assert again["step"] > 0
        assert until(line, lambda m: isinstance(m, tuple) and m[0]["kind"] == "losses")[-1][0]["reset"] is True


def test_a_run_that_is_just_beginning_is_introduced_when_it_has(home: Path, fleet: Fleet) -> None:
    for _ in range(3):
        run = fleet.start(Experiment(steps=10_000_000))
        with viewer(home, run) as line:
            said = until(line, is_frame)
        hellos = [m for m in said if isinstance(m, dict) and m["type"] == "hello"]
        assert hellos[-1]["channels"]
        assert hellos[-1]["graph"][0]["inputs"] == ["input"]
        assert any(isinstance(m, Frame) and m.step == -1 for m in said)
        fleet.delete(run)


def test_a_deleted_run_ends_its_viewers(home: Path, fleet: Fleet) -> None:
    run = fleet.start(Experiment(steps=10_000_000))
    with viewer(home, run) as line:
        until(line, is_frame)
        fleet.delete(run)
        with pytest.raises(ConnectionClosed) as caught:
            until(line, lambda m: False)
        assert caught.value.rcvd is not None
        assert caught.value.rcvd.code == 4404


def test_a_viewer_that_does_not_read_gets_one_snapshot_and_disturbs_nobody(
    home: Path, run: str, live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(viewers, "MOST_MESSAGES", 5)
    narrow = socket.create_connection(("localhost", PORT))
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
    with (
        viewer(home, run, sock=narrow, max_queue=1, ping_interval=None) as slow,
        viewer(home, run, ping_interval=None) as quick,
    ):
        steps: list[int] = []
        hub = live._hub
        assert hub is not None

        def someone_lags() -> bool:
            steps.append(until(quick, is_frame)[-1].step)
            return any(own.lags for own in hub.viewers[run])

        wait_for(someone_lags)
        assert steps == sorted(set(steps))
        said = until(slow, lambda m: is_frame(m) and m.step > steps[-1], most=5_000)
        hellos = [m["step"] for m in said if isinstance(m, dict) and m["type"] == "hello"]
        assert len(hellos) >= 2  # the one at the beginning, and one for what was missed
        assert hellos[-1] > hellos[0]


def test_a_dead_supervisor_is_replaced_while_the_server_runs(home: Path, run: str, fleet: Fleet) -> None:
    pid = fleet.status()["pid"]
    with viewer(home, run) as line:
        at = until(line, is_frame)[-1].step
        os.kill(pid, signal.SIGKILL)
        frames = until(line, lambda m: is_frame(m) and m.step > at + 2_000, most=5_000)
        log = [m for m in frames if isinstance(m, dict) and m["type"] == "log"]
        assert [m["kind"] for m in log] == ["restarted"]
    assert fleet.status()["pid"] != pid


def test_it_needs_no_torch() -> None:
    code = "import engine.live, sys; print('torch' in sys.modules, 'streamlit' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_a_hub_that_nobody_watches_does_not_look(home: Path, live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []
    hub = live._hub
    assert hub is not None
    look = hub._look

    def counted(*asked: Any) -> Any:
        looks.append(1)
        return look(*asked)

    monkeypatch.setattr(hub, "_look", counted)
    wait_for(lambda: not hub.viewers)
    time.sleep(0.2)
    looks.clear()
    time.sleep(0.5)
    assert not looks
