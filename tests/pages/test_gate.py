"""Which names of this server are accepted, and what of it is closed to strangers."""

from __future__ import annotations

import pytest

from engine.settings import ProcessSettings
from pages.serve.host_check import HostCheck, is_accepted, list_hosts


async def nothing(*_: object) -> None:
    """An app."""


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("localhost", True),
        ("localhost:8501", True),
        ("LOCALHOST.:1", True),
        ("127.0.0.1:8501", True),
        ("127.9.8.7", True),
        ("[::1]:8501", True),
        ("[::1]", True),
        ("evil.example", False),
        ("evil.example:8501", False),
        ("localhost.evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("localhost@evil.example", False),
        ("evil.example:localhost", False),
        ("localhost:evil", False),
        ("localhost/evil", False),
        ("10.0.0.7:8501", False),
        ("0.0.0.0:8501", False),
        ("[::]:8501", False),
        ("[::ffff:10.0.0.7]", False),
        (":8501", False),
        ("", False),
    ],
)
def test_only_loopback_names_are_accepted_unless_others_are_listed(host: str, here: bool) -> None:
    assert is_accepted(host, list_hosts(ProcessSettings.of({}))) is here
    assert is_accepted(host, list_hosts(ProcessSettings.of({"HOST": "0.0.0.0"}))) is here
    assert is_accepted(host, list_hosts(ProcessSettings.of({"PLAYGROUND_HOSTS": "*"})))


def test_listed_names_and_the_bound_address() -> None:
    names = "Lab.example, *.class.example,[fd00::7]"
    listed = list_hosts(ProcessSettings.of({"HOST": "10.0.0.7", "PLAYGROUND_HOSTS": names}))
    for name in ("lab.example", "LAB.EXAMPLE.:443", "a.class.example", "[fd00::7]:8501", "10.0.0.7:8501", "localhost"):
        assert is_accepted(name, listed)
    for name in ("example", "xlab.example", "class.example", "xclass.example", "10.0.0.8"):
        assert not is_accepted(name, listed)


@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_one_host_and_no_other(kind: str) -> None:
    gate = HostCheck(nothing, ProcessSettings.of({}))
    for named, status in (((b"localhost",), None), ((), 421), ((b"localhost", b"evil.example"), 421)):
        scope = {"type": kind, "path": "/live/x", "headers": [(b"host", name) for name in named]}
        answer = gate.refusal(scope)
        assert (answer.status_code if answer else None) == status


def test_what_is_closed() -> None:
    paths = ("/_stcore/metrics", "/_stcore/metrics/", "/below/_stcore/metrics", "/_stcore/agent/interact")
    for path in paths:
        scope = {"type": "http", "path": path, "headers": [(b"host", b"localhost")]}
        assert HostCheck(nothing, ProcessSettings.of({})).refusal(scope) is not None
        asked_for = HostCheck(nothing, ProcessSettings.of({"PLAYGROUND_METRICS": "1"})).refusal(scope)
        assert (asked_for is None) == ("metrics" in path)
    for path in ("/", "/_stcore/health", "/_stcore/host-config", "/healthz", "/_stcore/metricsand"):
        scope = {"type": "http", "path": path, "headers": [(b"host", b"localhost")]}
        assert HostCheck(nothing, ProcessSettings.of({})).refusal(scope) is None
