"""Starting a Python process and ending it with all that it started: the one place that does."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

NOWHERE, PIPE = subprocess.DEVNULL, subprocess.PIPE
Process = subprocess.Popen[bytes]


def launch(
    module: str,
    arguments: Sequence[str],
    environment: Mapping[str, str],
    folder: Path,
    *,
    stdin: int = NOWHERE,
    stdout: int | IO[Any] = NOWHERE,
    stderr: int | IO[Any] | None = None,
    pass_fds: Sequence[int] = (),
) -> Process:
    """Start `python -m module` in a session and process group of its own.

    `-P` keeps the working folder off the module search path: in a shared one, such as that for temporary files, anybody
    could leave a module of a well-known name.
    """
    return subprocess.Popen(
        [sys.executable, "-P", "-m", module, *arguments],
        cwd=folder,
        env=dict(environment),
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        pass_fds=tuple(pass_fds),
        start_new_session=True,
    )


def kill(process: Process) -> None:
    """End a process that `launch` started, and every process that it started in its group."""
    with contextlib.suppress(ProcessLookupError, PermissionError):  # gone; or, on macOS, not waited for yet
        os.killpg(process.pid, signal.SIGKILL)
