"""Jobs in real processes: what they tell, how they end, what they may take and cannot see."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.errors import InvalidExperiment, PlaygroundError
from engine.processes import environment, execution
from engine.processes.admission import Admission
from engine.processes.execution import Execution, JobState, perform, submit
from engine.processes.job import Job
from tests.processes import sample_jobs as jobs


def until(true: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait for something."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.01)


def alive(pid: int) -> bool:
    """Whether a process is there and not only waited for."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def pids(started: Execution) -> list[int]:
    """The processes of a job, once it has told them."""
    until(lambda: started.events)
    found: list[int] = started.events[0]["pids"]
    assert all(map(alive, found))
    return found


@pytest.fixture
def sign(tmp_path: Path) -> Iterator[Path]:
    """The file that lets jobs end."""
    yield tmp_path / "sign"
    (tmp_path / "sign").touch()


def test_a_document_goes_in_and_events_and_a_result_come_out() -> None:
    with tempfile.TemporaryFile() as result:
        found = perform(jobs.Echo, "one two three", result=result)
        assert [event["word"] for event in found] == ["one", "two", "three"]
        result.seek(0)
        assert result.read() == b"one two three"
    large = b"word " * 2_000_000  # far more than a pipe holds
    with tempfile.TemporaryFile() as result:
        perform(jobs.Echo, large.replace(b" ", b"-"), result=result)
        assert result.tell() == len(large)


def test_a_refusal_arrives_as_the_error_that_it_was() -> None:
    with pytest.raises(InvalidExperiment) as caught:
        perform(jobs.Refuse, "experiment")
    assert (caught.value.where, str(caught.value.hint)) == ("$.network[0]", "flatten it")
    with pytest.raises(PlaygroundError, match=r"^It cannot be done\.$"):
        perform(jobs.Refuse, "other")
    refused = submit(jobs.Refuse, "other")
    refused.wait(60)
    assert refused.state is JobState.REFUSED
    assert refused.events == [{"word": "before"}]


def test_a_job_that_dies_is_told_and_gives_its_place_back(sign: Path) -> None:
    door = Admission(1)
    dying = submit(jobs.Die, "", admission=door)
    dying.wait(60)
    assert (dying.state, dying.events) == (JobState.FAILED, [{"word": "before"}])
    assert "went away" in str(dying.error)
    killed = submit(jobs.Until, str(sign), admission=door)
    found = pids(killed)
    waiting = submit(jobs.Echo, "next", visitor="another", admission=door)
    assert waiting.state is JobState.WAITING
    os.kill(found[0], signal.SIGKILL)
    waiting.wait(60)
    assert (killed.state, waiting.state) == (JobState.FAILED, JobState.DONE)
    assert not any(map(alive, found)), "what it had started is gone too"


def test_a_cancelled_job_is_killed_whole(sign: Path) -> None:
    started = submit(jobs.Until, str(sign))
    found = pids(started)
    assert started.events[0]["group"] == started.events[0]["session"] == found[0] == started.pid
    started.cancel()
    started.wait(60)
    assert started.state is JobState.CANCELLED
    until(lambda: not any(map(alive, found)))
    started.cancel()
    assert started.state is JobState.CANCELLED


def test_what_a_job_leaves_behind_is_killed_when_it_is_done(sign: Path) -> None:
    started = submit(jobs.Until, str(sign))
    found = pids(started)
    sign.touch()
    started.wait(60)
    assert started.state is JobState.DONE
    until(lambda: not any(map(alive, found)))


def test_of_three_visitors_a_greedy_one_keeps_none_from_working(sign: Path) -> None:
    door = Admission(3)
    greedy = [submit(jobs.Interactive, str(sign), visitor="greedy", admission=door) for _ in range(6)]
    second = submit(jobs.Interactive, str(sign), visitor="second", admission=door)
    third = submit(jobs.Interactive, str(sign), visitor="third", admission=door)
    until(lambda: second.events)
    assert [one.position for one in greedy] == [0, 0, 1, 3, 4, 5]
    assert (second.position, third.position) == (0, 2)
    second.cancel()
    until(lambda: greedy[2].events or third.events)
    assert third.events, "the greedy one has two already, and may not have three"
    sign.touch()
    for one in (*greedy, third):
        one.wait(60)
    assert {one.state for one in (*greedy, third)} == {JobState.DONE}


def test_jobs_begin_in_the_order_in_which_they_came(tmp_path: Path) -> None:
    door, signs = Admission(1), [tmp_path / str(n) for n in range(4)]
    began = [submit(jobs.Until, str(sign), admission=door) for sign in signs]
    for n, one in enumerate(began):
        until(lambda one=one: one.events)  # type: ignore[misc]
        assert [other.state for other in began[n + 1 :]] == [JobState.WAITING] * (3 - n)
        signs[n].touch()
        one.wait(60)


def test_whoever_waits_can_be_cancelled_and_is_forgotten_with_its_page(sign: Path) -> None:
    door = Admission(1)
    first = submit(jobs.Until, str(sign), admission=door)
    pids(first)
    cancelled = submit(jobs.Echo, "x", admission=door)
    dropped = submit(jobs.Echo, "x", admission=door)
    last = submit(jobs.Echo, "x", visitor="another", admission=door)
    cancelled.cancel()
    cancelled.wait(60)
    assert (cancelled.state, cancelled.pid) == (JobState.CANCELLED, None)
    thread = dropped._thread
    del dropped
    gc.collect()
    thread.join(60)
    assert not thread.is_alive()
    assert last.position == 1
    found, thread = pids(first), first._thread
    del first  # its page is gone while it works
    gc.collect()
    thread.join(60)
    assert not any(map(alive, found))
    last.wait(60)
    assert last.state is JobState.DONE


SERVER = """
import sys, time
from engine.processes.admission import Admission
from engine.processes.execution import submit
from tests.processes.sample_jobs import Until
door = Admission(2)
kept = [submit(Until, sys.argv[1], visitor=name, admission=door) for name in "abc"]
while not (kept[0].events or kept[1].events):
    time.sleep(0.01)
print(*[pid for one in kept for event in one.events for pid in event["pids"]], kept[2].state, flush=True)
time.sleep(100)
"""


def test_a_server_that_is_killed_takes_its_jobs_with_it(sign: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SERVER, str(sign)], cwd=environment.ROOT, stdout=subprocess.PIPE
    ) as server:
        assert server.stdout is not None
        *told, state = server.stdout.readline().split()
        found = [int(pid) for pid in told]
        assert found
        assert all(map(alive, found))
        assert state == b"waiting"
        server.kill()
        server.wait()
        until(lambda: not any(map(alive, found)), 20)
    assert not [pid for pid in running() if str(sign) in pid], "and the one that waited never began"


def running() -> list[str]:
    """The command lines of all processes."""
    return [path.read_text(errors="replace") for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()]


@pytest.mark.parametrize("job", [jobs.Allocate, jobs.AllocateAddresses])
def test_memory_is_limited(job: type[Job]) -> None:
    assert perform(job, "200") == [{"taken": 200 * jobs.MIB}]
    with pytest.raises(PlaygroundError, match="went away"):
        perform(job, "1100")


def test_processor_time_is_limited() -> None:
    began = time.monotonic()
    started = submit(jobs.Calculate, "")
    started.wait(100)
    assert started.state is JobState.FAILED
    assert started.events == [{"began": True}]
    assert time.monotonic() - began < 100


def test_time_on_the_clock_is_limited() -> None:
    started = submit(jobs.Sleep, "")
    started.wait(60)
    assert started.state is JobState.FAILED
    assert not any(alive(event["pids"][0]) for event in started.events)


def test_written_bytes_and_told_events_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryFile() as result, pytest.raises(PlaygroundError):
        perform(jobs.Write, "2", result=result)
    with tempfile.TemporaryFile() as result:
        assert perform(jobs.Write, "1", result=result) == [{"written": True}]
    monkeypatch.setattr(execution, "EVENT_BYTES", 4 * jobs.MIB)
    flood = submit(jobs.Flood, "")
    flood.wait(60)
    assert flood.state is JobState.FAILED
    assert len(flood.events) == 3


SECRETS = {
    "PLAYGROUND_SECRET": "s3cret",
    "PLAYGROUND_ORIGINS": "s3cret",
    "AWS_SECRET_ACCESS_KEY": "s3cret",
    "GITHUB_TOKEN": "s3cret",
    "DATABASE_URL": "s3cret",
    "STREAMLIT_AUTH_COOKIE": "s3cret",
    "HTTPS_PROXY": "http://me:s3cret@proxy",
    "PYTHON_KEYRING_PASSWORD": "s3cret",
    "NVIDIA_API_KEY": "s3cret",
    "UV_INDEX_PASSWORD": "s3cret",
}


def test_no_secret_is_inherited(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PLAYGROUND_STORE", "somewhere")
    monkeypatch.setenv("LC_TIME", "C")
    monkeypatch.chdir(tmp_path)
    secret = tmp_path / "secret"
    secret.write_text("s3cret")
    with secret.open() as file:
        os.set_inheritable(file.fileno(), True)
        (seen,) = perform(jobs.Look, "")
    assert "s3cret" not in str(seen["environment"])
    assert str(secret) not in seen["files"]
    assert seen["environment"]["LC_TIME"] == "C"
    assert seen["environment"]["PLAYGROUND_STORE"] == str(tmp_path / "somewhere"), "as it is here, not in its folder"
    assert seen["environment"]["CUDA_VISIBLE_DEVICES"] == ""
    assert seen["environment"]["OMP_NUM_THREADS"] == "1"
    assert (seen["core"], seen["nice"]) == ([0, 0], os.getpriority(os.PRIO_PROCESS, 0) + 5)


def test_nothing_is_imported_from_a_folder_that_others_may_write_to(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('taken over')")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", os.pathsep)  # an empty entry is the working folder too
    (seen,) = perform(jobs.Look, "")
    assert not {"", ".", str(tmp_path)} & set(seen["path"])


def test_the_supervisor_may_know_proxies_but_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    assert set(SECRETS) & set(environment.inherit_environment(network=True)) == {"HTTPS_PROXY"}
    assert not set(SECRETS) & set(environment.inherit_environment())
