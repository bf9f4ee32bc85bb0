"""`python -m engine.jobs.process checks|cost|quantized`: a process that examines an experiment, answers in JSON lines.

It reads one JSON document and ends by itself; whoever loses interest may kill it. `Study` is the other end: it starts
such a process, keeps what it has said so far and never blocks. Only so many work at a time; the others wait.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.errors import InvalidExperiment, PlaygroundError
from engine.strict_json import strict

ROOT = Path(__file__).resolve().parents[2]
PLACES = threading.BoundedSemaphore(2)  # processes of this kind at a time, so that forty visitors do not stop a machine


def answers(what: str, document: str) -> Iterator[dict[str, Any]]:
    """What the process says, one after the other. Raises: PlaygroundError for what cannot be examined."""
    if what == "quantized":
        from engine.jobs.quantize import sizes_of_run

        yield from sizes_of_run(json.loads(document))
        return
    from engine.experiment.experiment import Experiment

    experiment = Experiment.from_json(document)
    if what == "cost":
        from engine.jobs.cost import measured

        yield from measured(experiment)
        return
    from engine.jobs.run_checks import checked

    yield from checked(experiment)


def main(arguments: list[str]) -> int:
    """Answers on the standard output."""
    try:
        for answer in answers(arguments[0], sys.stdin.read()):
            sys.stdout.write(strict(answer) + "\n")
            sys.stdout.flush()
    except InvalidExperiment as error:
        sys.stdout.write(strict({"error": error.message.plain(), **error.plain()}) + "\n")
    except PlaygroundError as error:
        sys.stdout.write(strict({"error": error.message.plain()}) + "\n")
    return 0


class Study:
    """One process at work. `answers` grows; `state` is waiting, working, done, failed or cancelled."""

    def __init__(self, what: str, document: str) -> None:
        self.what = what
        self.document = document
        self.answers: list[dict[str, Any]] = []
        self.state = "waiting"
        self._process: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._work, name=f"study-{what}", daemon=True)
        self._thread.start()

    def _work(self) -> None:
        with PLACES:
            with self._lock:
                if self.state == "cancelled":
                    return
                self._process = process = self._start()
                self.state = "working"
            with process:
                pipe_in, pipe_out = process.stdin, process.stdout
                if pipe_in is None or pipe_out is None:
                    return
                self._ask(pipe_in)
                for line in pipe_out:
                    self.answers.append(json.loads(line))
            with self._lock:
                if self.state != "cancelled":
                    self.state = "done" if process.returncode == 0 else "failed"

    def _start(self) -> subprocess.Popen[str]:
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        command = [sys.executable, "-m", "engine.jobs.process", self.what]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, cwd=ROOT, env=environment, stdin=pipe, stdout=pipe, text=True)

    def _ask(self, pipe: Any) -> None:
        try:
            pipe.write(self.document)
            pipe.close()
        except BrokenPipeError:  # it was cancelled meanwhile
            pass

    @property
    def over(self) -> bool:
        """Whether nothing more will come."""
        return self.state in ("done", "failed", "cancelled")

    def cancel(self) -> None:
        """Ends the process."""
        with self._lock:
            if self.over:
                return
            self.state = "cancelled"
            if self._process is not None:
                self._process.kill()

    def wait(self, seconds: float) -> None:
        """Until it is over, at most so long."""
        self._thread.join(seconds)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
