"""Who may ask for anything at all: requests that name this server by a name it does not have are turned away, as those
are whose page came from elsewhere and had its name point here (DNS rebinding)."""

from __future__ import annotations

import ipaddress
import logging

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from engine.live import descriptor_budget
from engine.live.message_limits import STREAM
from engine.settings import ProcessSettings

journal = logging.getLogger("gate")

METRICS = "/_stcore/metrics"
CLOSED = ("/_stcore/agent", "/_stcore/script-health-check")
ANYWHERE = {"0.0.0.0", "::", "[::]", "*"}


class HostCheck:
    """Around the whole app, pages and WebSockets alike."""

    def __init__(self, app: ASGIApp, settings: ProcessSettings) -> None:
        self.app = app
        self.hosts = list_hosts(settings)
        self.closed = CLOSED if settings.metrics else (METRICS, *CLOSED)
        if settings.host in ANYWHERE and not settings.hosts:
            journal.warning("Served on every address, but only to who names this machine localhost: %s", HINT)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it here."""
        answer = self.refusal(scope) if scope["type"] in ("http", "websocket") else None
        await (answer or self.app)(scope, receive, send)

    def refusal(self, scope: Scope) -> PlainTextResponse | None:
        """Why a request goes no further."""
        named = [value.decode("latin-1") for key, value in scope["headers"] if key == b"host"]
        # A foreign page may point its own name at this address (DNS rebinding); the Host header still tells which.
        if len(named) != 1 or not is_accepted(named[0], self.hosts):
            return PlainTextResponse(f"This playground is not served under that name. {HINT}\n", 421)
        path = f"{scope['path'].rstrip('/')}/"
        # Anywhere in the path: Streamlit answers the same under the path of every page.
        if any(f"{closed}/" in path for closed in self.closed):
            return PlainTextResponse("Not Found", 404)
        if (
            scope["type"] == "websocket"
            and path.endswith(f"{STREAM}/")
            # Pages before viewers: a page without its live picture can still say why.
            and descriptor_budget.count_free() < descriptor_budget.count_reserved() // 3
        ):
            return PlainTextResponse("There are too many visitors just now.\n", 503)
        return None


HINT = "Its operator can list more names in PLAYGROUND_HOSTS."


def list_hosts(settings: ProcessSettings) -> frozenset[str]:
    """The names that `PLAYGROUND_HOSTS` lists, and the address that the server is bound to."""
    bound = () if settings.host in ANYWHERE else (settings.host,)
    return frozenset(normalize_host(name) for name in (*settings.hosts, *bound))


def is_accepted(host: str, known: frozenset[str]) -> bool:
    """Is that a name of this server, with any port? The loopback names always are."""
    if "*" in known:
        return True
    name = strip_port(host)
    if name is None:
        return False
    return (
        name in known
        or any(name.endswith(pattern[1:]) for pattern in known if pattern.startswith("*."))
        or is_loopback(name)
    )


def strip_port(host: str) -> str | None:
    """The name in a Host header; None where there is none."""
    name, colon, port = host.rpartition(":") if not host.endswith("]") else (host, "", "")
    name, port = (name, port) if colon else (host, "")
    if port and not (port.isascii() and port.isdigit()):
        return None
    return normalize_host(name) or None


def normalize_host(name: str) -> str:
    """A name as it is compared: without brackets, final dot and capitals."""
    name = name.strip().lower()
    return name[1:-1] if name.startswith("[") and name.endswith("]") else name.rstrip(".")


def is_loopback(name: str) -> bool:
    """Can only this machine be meant?"""
    try:
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
