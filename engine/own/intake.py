"""Taking in a file: a process of its own reads it, and what it found is kept; of a bad one nothing is."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import IO

from engine.own import kept
from engine.own.about import plain
from engine.own.reading import REFUSED
from engine.own.refusal import refusal

LARGEST = 20 * 2**20  # bytes of a file
ROOM = 2 * 2**30  # bytes of all kept files
PATIENCE = 90.0  # seconds on the clock
_turns = threading.BoundedSemaphore(2)


def take_in(name: str, raw: bytes) -> str:
    """Reads and keeps a file; returns its digest, under which experiments name it.

    Raises: InvalidExperiment with one sentence if it cannot be used; nothing of it is kept then.
    """
    if len(raw) > LARGEST:
        raise refusal(f"at most {LARGEST} bytes", f"{len(raw)}")
    if not raw:
        raise refusal("a table", "an empty file")
    digest = hashlib.sha256(raw).hexdigest()
    if sum(file.size for file in kept.files()) > ROOM:
        raise refusal("room for one more file", "a full folder", "delete files that nobody needs")
    with tempfile.TemporaryFile() as answer:
        with _turns:
            status = read_apart(plain(name) or "file", raw, answer)
        answer.seek(0)
        if status == REFUSED:
            said = json.loads(answer.read())
            raise refusal(said["expected"], said["received"], said["hint"])
        if status != 0:
            raise refusal("a file that little time and memory are enough for", "one that takes more")
        keep(kept.path(digest), answer)
    return digest


def read_apart(name: str, raw: bytes, answer: IO[bytes]) -> int:
    """Lets a process with limits read the file; returns its status."""
    source = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(filter(None, [source, os.environ.get("PYTHONPATH")]))
    few = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "ARROW_IO_THREADS": "1", "MALLOC_ARENA_MAX": "2"}
    with subprocess.Popen(
        [sys.executable, "-m", "engine.own.reading", name],
        stdin=subprocess.PIPE,
        stdout=answer,
        stderr=subprocess.DEVNULL,
        cwd=tempfile.gettempdir(),
        start_new_session=True,
        env={**os.environ, **few, "PYTHONPATH": path},
    ) as process:
        try:
            process.communicate(raw, PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
    return process.returncode


def keep(path: Path, answer: IO[bytes]) -> None:
    """Writes what was found in one go: whoever reads finds all of it or none."""
    answer.seek(0)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix="new.")
        try:
            with os.fdopen(handle, "wb") as file:
                shutil.copyfileobj(answer, file)
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, path)
        except OSError:
            os.unlink(name)
            raise
    except OSError as error:
        raise refusal("a disk that takes the file", error.strerror or "an error") from error
