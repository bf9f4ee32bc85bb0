"""A real server process for the benches: the live route alone, with its supervisor."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from engine.runtime.client import Fleet

CODE = """
import sys
from pathlib import Path
import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from engine.live.service import Live
live = Live(Path(sys.argv[1]))
routes = [live.route(), Route("/up", lambda request: PlainTextResponse("up"))]
app = Starlette(routes=routes, lifespan=live.lifespan)
uvicorn.run(app, port=int(sys.argv[2]), log_level="error", ws="websockets-sansio")
"""


@dataclass(frozen=True)
class Served:
    """A server with an empty store and a warm fleet."""

    home: Path
    port: int
    pid: int
    fleet: Fleet

    def url(self, run: str) -> str:
        """Where a run is watched."""
        from engine.live import token

        return f"ws://localhost:{self.port}/live/{run}?token={token.issue(run, home=self.home)}"


def cpu_seconds(pid: int) -> float:
    """The CPU time of a process so far."""
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def served() -> Iterator[Served]:
    """Start a server and a supervisor in a store of their own; end both afterwards."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        home, port = Path(folder) / "store", free_port()
        server = subprocess.Popen([sys.executable, "-c", CODE, str(home), str(port)])
        fleet = Fleet(home)
        try:
            wait_until_up(port)
            while not fleet.status()["warm"]:
                time.sleep(0.05)
            yield Served(home, port, server.pid, fleet)
        finally:
            with suppress(Exception):
                os.kill(fleet.status()["pid"], signal.SIGKILL)
            fleet.close()
            server.kill()
            server.wait()


def wait_until_up(port: int) -> None:
    """Until the server answers."""
    import socket

    for _ in range(600):
        with suppress(OSError), socket.create_connection(("localhost", port), timeout=1):
            return
        time.sleep(0.05)
    raise TimeoutError("the server did not come up")


def free_port() -> int:
    """A port that nobody listens on."""
    import socket

    with socket.create_server(("localhost", 0)) as line:
        port: int = line.getsockname()[1]
        return port
