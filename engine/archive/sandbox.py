"""Reading an archive in a process of its own, so that whatever is in it costs no more than that process."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from engine.archive.sandbox_process import REFUSED
from engine.errors import PlaygroundError

PATIENCE = 600.0  # seconds on the clock
_turn = threading.Lock()


def read_apart(file: Path, home: Path, run: str) -> None:
    """Checks an archive and lays the run down for the supervisor. Raises: PlaygroundError in one sentence."""
    source = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(filter(None, [source, os.environ.get("PYTHONPATH")]))
    few = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2", "CUDA_VISIBLE_DEVICES": ""}
    command = [sys.executable, "-m", "engine.archive.sandbox_process", str(file.absolute()), str(home), run]
    with _turn:  # one after the other: each may take as much memory as a run
        try:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=tempfile.gettempdir(),
                start_new_session=True,
                env={**os.environ, **few, "PYTHONPATH": path},
                timeout=PATIENCE,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise PlaygroundError("This file cannot be imported: it takes too much time or memory.") from error
    if done.returncode == REFUSED:
        raise PlaygroundError(done.stdout.decode())
    if done.returncode != 0:
        raise PlaygroundError("This file cannot be imported: it takes too much time or memory.")
