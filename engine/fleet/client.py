"""The client: what the app, the command line and the tests say to the supervisor."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import Future
from concurrent.futures import TimeoutError as Late
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from engine.errors import PlaygroundError
from engine.fleet.sources import Sources, own
from engine.store.place import Place

if TYPE_CHECKING:
    from engine.archive.unpacking import Parcel
    from engine.edits import Edit
    from engine.experiment import Experiment

PATIENCE_SECONDS = 20.0


class Fleet:
    """A line to the supervisor of a store; may be shared by threads. Whatever it can be asked for raises
    PlaygroundError, with one sentence, when it cannot be had."""

    def __init__(self, home: Path | None = None, options: tuple[str, ...] = ()) -> None:
        self.place = Place.of(home)
        self.options = options
        self._line: Line | None = None
        self._connecting = threading.Lock()

    def ensure(self) -> None:
        """Connect; start a supervisor if none answers, and in place of one that runs older code."""
        with self._connecting:
            if self._line is not None and self._line.alive():
                return
            self._line = Line(self._reach() or self._start_supervisor())
            with contextlib.suppress(ConnectionError):
                theirs = Sources(**self._line.ask({"do": "sources"}))
                if own().replace(theirs):
                    self._line.ask({"do": "leave"})
                    self._line = Line(self._successor())

    def close(self) -> None:
        """Hang up; runs go on."""
        with self._connecting:
            if self._line is not None:
                self._line.close()
                self._line = None

    def start(self, experiment: Experiment, parent: tuple[str, int] | None = None) -> str:
        """Start a run; returns its name. `parent` is the run and step that it continues from, for the record."""
        return self._start(experiment, parent, [])

    def pause(self, run: str) -> int:
        """Stop taking steps; returns the step at which it did."""
        return self._command(run, {"do": "pause"}, repeat=True)

    def resume(self, run: str) -> int:
        """Go on; returns the step from which."""
        return self._command(run, {"do": "resume"}, repeat=True)

    def stop(self, run: str) -> int:
        """End the run for good, with a checkpoint; returns its last step."""
        return self._command(run, {"do": "stop"})

    def step(self, run: str, unit: Literal["batch", "epoch"]) -> int:
        """Take one more batch, or go to the end of the epoch, then pause; returns the step from which."""
        return self._command(run, {"do": "step", "unit": unit})

    def edit(self, run: str, edit: Edit) -> int:
        """Change a live value; returns the last step taken before it acts."""
        return self._command(run, {"do": "edit", "path": edit.path, "value": edit.value}, repeat=True)

    def reset(self, run: str) -> str:
        """Stop the run and begin a new one: same first weights, the edits so far from the start. Returns its name."""
        from engine.experiment import Experiment
        from engine.store.reader import Reader
        from engine.store.tables import FINAL

        self.ensure()
        reader = Reader(self.place.home)
        try:
            row = reader.run(run)
        finally:
            reader.close()
        if row is None:
            raise PlaygroundError(f"There is no run {run}.")
        name = _name()
        if row.state not in FINAL:
            self._command(run, {"do": "stop", "detail": {"successor": name}})
        note = {"step": 0, "kind": "reset", "detail": {"predecessor": run}}
        return self._start(Experiment.from_json(row.edited), (run, 0), [note], name)

    def take_in(self, parcel: Parcel) -> str:
        """Store a run that comes from outside; returns its name here. One that was training is paused."""
        from engine.fleet import arrival

        self.ensure()
        name = _name()
        try:
            arrival.lay_down(self.place, name, parcel)
            self._ask({"do": "take_in", "run": name})
        except OSError as error:
            raise PlaygroundError(f"The run could not be stored: {error.strerror}.") from error
        finally:
            arrival.clear(self.place, name)
        return name

    def rename(self, run: str, name: str) -> None:
        """Give a run a name, one line of plain text; an empty one takes it away."""
        self._ask({"do": "rename", "run": run, "name": name}, repeat=True)

    def delete(self, run: str) -> None:
        """End a run and remove all that is stored of it."""
        self._ask({"do": "delete", "run": run})

    def status(self) -> dict[str, Any]:
        """The supervisor: pid, forkserver, warm, full, clients, home; of every active run state, step, attempt, pid."""
        return self._ask({"do": "status"}, repeat=True)

    def _start(
        self, experiment: Experiment, parent: tuple[str, int] | None, log: list[dict[str, Any]], name: str = ""
    ) -> str:
        above, step = parent or (None, None)
        said = {"experiment": experiment.to_json(), "digest": experiment.digest, "parent": above, "parent_step": step}
        found: str = self._ask({"do": "start", "run": name or _name(), "log": log, **said}, repeat=True)["run"]
        return found

    def _command(self, run: str, message: dict[str, Any], *, repeat: bool = False) -> int:
        step: int = self._ask({"do": "command", "run": run, "message": message}, repeat=repeat)["step"]
        return step

    def _ask(self, request: dict[str, Any], *, repeat: bool = False) -> dict[str, Any]:
        """One request; `repeat` those that may be asked twice when the supervisor dies over them."""
        for chance in (repeat, False):
            self.ensure()
            line = self._line
            if line is None:
                raise PlaygroundError("The line to the training engine was closed.")
            try:
                return line.ask(request)
            except ConnectionError:
                if not chance:
                    raise PlaygroundError("The training engine went away; please try once more.") from None
        raise AssertionError

    def _reach(self) -> socket.socket | None:
        line = socket.socket(socket.AF_UNIX)
        try:
            line.connect(str(self.place.socket))
        except OSError:
            line.close()
            return None
        return line

    def _successor(self) -> socket.socket:
        end = time.monotonic() + PATIENCE_SECONDS
        while (line := self._reach()) is not None and time.monotonic() < end:
            line.close()
            time.sleep(0.02)
        return self._start_supervisor()

    def _start_supervisor(self) -> socket.socket:
        self.place.prepare()
        end = time.monotonic() + PATIENCE_SECONDS
        child: subprocess.Popen[bytes] | None = None
        while time.monotonic() < end:
            if child is None or child.poll() is not None:
                child = self._popen()
            for _ in range(25):
                if (line := self._reach()) is not None:
                    threading.Thread(target=child.wait, name="supervisor-waiter", daemon=True).start()  # no zombie
                    return line
                if child.poll() not in (None, 0):
                    raise PlaygroundError(f"The training engine did not start; {self.place.journal} says why.")
                time.sleep(0.02)
        raise PlaygroundError(f"The training engine did not answer in time; {self.place.journal} may say why.")

    def _popen(self) -> subprocess.Popen[bytes]:
        """A process of its own session, so that it outlives this one."""
        source = str(Path(__file__).resolve().parents[2])
        path = os.pathsep.join(filter(None, [source, os.environ.get("PYTHONPATH")]))
        command = [sys.executable, "-m", "engine.fleet.supervisor", "--home", str(self.place.home), *self.options]
        with self.place.journal.open("ab") as journal:
            return subprocess.Popen(
                command,
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                stdout=journal,
                stderr=journal,
                cwd=self.place.home,
                env={**os.environ, "PYTHONPATH": path},
            )


class Line:
    """One connection; a thread of its own hands the answers to those who wait for them."""

    def __init__(self, line: socket.socket) -> None:
        self.line = line
        self.open = True
        self._sending = threading.Lock()
        self._waiting: dict[int, Future[dict[str, Any]]] = {}
        self._count = 0
        threading.Thread(target=self._listen, name="fleet-line", daemon=True).start()

    def alive(self) -> bool:
        """Is the other side there, as far as the system knows?"""
        try:
            return self.open and self.line.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) != b""
        except BlockingIOError:
            return True  # there is nothing to hear, which is how a line should be
        except OSError:
            return False

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Ask and wait. Raises ConnectionError when the supervisor goes away, PlaygroundError for what it says."""
        answer: Future[dict[str, Any]] = Future()
        with self._sending:
            if not self.open:
                raise ConnectionError
            self._count += 1
            number = self._count
            self._waiting[number] = answer
            try:
                self.line.sendall(json.dumps({"id": number, **request}).encode() + b"\n")
            except OSError as error:
                del self._waiting[number]
                raise ConnectionResetError from error
        try:
            found = answer.result(PATIENCE_SECONDS)
        except Late:
            self._waiting.pop(number, None)
            raise PlaygroundError("The training engine did not answer in time.") from None
        if "error" in found:
            raise PlaygroundError(found["error"])
        ok: dict[str, Any] = found["ok"]
        return ok

    def close(self) -> None:
        """Hang up."""
        self.open = False
        with contextlib.suppress(OSError):
            self.line.shutdown(socket.SHUT_RDWR)

    def _listen(self) -> None:
        try:
            with self.line.makefile("rb") as lines:
                for text in lines:
                    answer = json.loads(text)
                    if waiting := self._waiting.pop(answer["id"], None):
                        waiting.set_result(answer)
        except OSError:
            pass
        with self._sending:
            self.open = False
            self.line.close()
            waiting_ones, self._waiting = list(self._waiting.values()), {}
        for waiting in waiting_ones:
            waiting.set_exception(ConnectionResetError())


def _name() -> str:
    """A name for a run: not guessable, short enough for an address."""
    return secrets.token_hex(8)
