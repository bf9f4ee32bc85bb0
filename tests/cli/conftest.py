from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from engine.cli.main import main
from engine.runtime.client import Fleet
from engine.store.layout import StoreLayout


class Line:
    """The command line, in processes of its own with a store of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def __call__(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PLAYGROUND_STORE": str(self.home), "OMP_NUM_THREADS": "1"}
        command = [sys.executable, "-m", "engine.cli.main", *map(str, arguments)]
        root = Path(__file__).parents[2]
        return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=root, check=False)

    def here(self, *arguments: str | Path) -> tuple[int, str, str]:
        """The same in this process, where torch is loaded already: status, output, errors."""
        said, complained = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(said), redirect_stderr(complained):
            patch.setenv("PLAYGROUND_STORE", str(self.home))
            try:
                status: Any = main([str(argument) for argument in arguments])
            except SystemExit as leaving:
                status = leaving.code
        return status, said.getvalue(), complained.getvalue()

    def end(self) -> None:
        """Sends the supervisor home, if there is one."""
        if not StoreLayout.of(self.home).socket.exists():
            return
        fleet = Fleet(self.home)
        pid = int(fleet.status()["pid"])
        fleet.close()
        os.kill(pid, signal.SIGTERM)
        until = time.monotonic() + 20
        while time.monotonic() < until and StoreLayout.of(self.home).socket.exists():
            time.sleep(0.05)


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    own = Line(tmp_path_factory.mktemp("cli") / "store")
    yield own
    own.end()
