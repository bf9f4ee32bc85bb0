"""The client: what the app, the command line and the tests say to the supervisor."""

from __future__ import annotations

import secrets
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from engine.errors import PlaygroundError
from engine.message import Message
from engine.processes.environment import inherit_environment
from engine.processes.launch import Process, launch
from engine.runtime.code_version import CodeVersion, read_code_version
from engine.runtime.connection import RpcConnection, UnconfirmedRequest
from engine.runtime.request_ticket import LATE, RequestTicket
from engine.store.layout import StoreLayout

if TYPE_CHECKING:
    from engine.archive.unpack import UnpackedRun
    from engine.experiment.edits import Edit
    from engine.experiment.experiment import Experiment

PATIENCE_SECONDS = 20.0
TAKE_IN_SECONDS = 300.0
AGAIN_SECONDS = 0.02


class Fleet:
    """A line to the supervisor of a store; may be shared by threads. Whatever it can be asked for raises
    PlaygroundError, with one sentence, when it cannot be had."""

    def __init__(self, home: Path | None = None, options: tuple[str, ...] = ()) -> None:
        self.layout = StoreLayout.of(home)
        self.options = options
        self._line: RpcConnection | None = None
        self._connecting = threading.Lock()

    def ensure(self) -> None:
        """Connect; start a supervisor if none answers, and in place of one that runs older code."""
        self._ensure_connected(time.monotonic() + PATIENCE_SECONDS)

    def _ensure_connected(self, until: float) -> RpcConnection:
        if not self._connecting.acquire(timeout=max(0.0, until - time.monotonic())):
            raise PlaygroundError(LATE)
        try:
            while self._line is None or not self._line.alive():
                self._line = self._connect(until)
            return self._line
        finally:
            self._connecting.release()

    def _connect(self, until: float) -> RpcConnection | None:
        """A line to a supervisor that speaks; None when it went away meanwhile: it was just dying, or being born."""
        line = RpcConnection(self._reach() or self._start_supervisor())
        try:
            theirs = CodeVersion(**line.ask({"do": "sources"}, RequestTicket.fresh(self.layout, until)))
            if not read_code_version().replace(theirs):
                return line
            line.ask({"do": "leave"}, RequestTicket.fresh(self.layout, until))
            return RpcConnection(self._successor())
        except ConnectionError:
            if time.monotonic() > until:
                raise PlaygroundError(Message("The training engine went away; please try once more.")) from None
            time.sleep(AGAIN_SECONDS)
            return None
        except PlaygroundError:
            line.close()
            raise

    def restore(self) -> None:
        """Put the newest copy of the store back; what is there now is kept aside. Its runs are paused."""
        from engine.store import backups

        backups.request_restore(self.layout)
        self._ask({"do": "leave"})
        with self._connecting:
            self._line = RpcConnection(self._successor())

    def close(self) -> None:
        """Hang up; runs go on."""
        with self._connecting:
            if self._line is not None:
                self._line.close()
                self._line = None

    def start(self, experiment: Experiment, parent: tuple[str, int] | None = None) -> str:
        """Start a run; returns its name. `parent` is the run and step that it continues from, for the record."""
        found: str = self._ask({"do": "start", **_describe(experiment, parent, [])}, repeat=True)["run"]
        return found

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
        from engine.experiment.experiment import Experiment
        from engine.store.reader import Reader

        self.ensure()
        reader = Reader(self.layout.home)
        try:
            row = reader.read_run(run)
        finally:
            reader.close()
        if row is None:
            raise PlaygroundError(Message("There is no run {run}.", run=run))
        note = {"step": 0, "kind": "reset", "detail": {"predecessor": run}}
        new = _describe(Experiment.from_json(row.edited), (run, 0), [note])
        self._ask({"do": "reset", "run": run, "new": new}, repeat=True)
        name: str = new["run"]
        return name

    def bring(self, file: Path, visitor: str = "") -> str:
        """Store the run in an archive, checked by a job of the visitor's; returns its name here. One that was training
        is paused."""
        from engine.archive.sandbox import unpack_in_sandbox

        return self._deliver(lambda name: unpack_in_sandbox(file, self.layout.home, name, visitor))

    def take_in(self, unpacked: UnpackedRun) -> str:
        """The same with a run that was checked here."""
        from engine.archive import run_import

        return self._deliver(lambda name: run_import.write_arrival(self.layout, name, unpacked))

    def _deliver(self, write: Callable[[str], object]) -> str:
        from engine.archive import run_import

        self.ensure()
        name = _name()
        try:
            write(name)
            self._ask({"do": "take_in", "run": name}, repeat=True, grace=TAKE_IN_SECONDS)
        except OSError as error:
            raise PlaygroundError(Message("The run could not be stored: {why}.", why=error.strerror or "")) from error
        except UnconfirmedRequest:
            raise  # the supervisor clears up
        except PlaygroundError:
            run_import.delete_arrival(self.layout, name)
            raise
        run_import.delete_arrival(self.layout, name)
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

    def _command(self, run: str, message: dict[str, Any], *, repeat: bool = False) -> int:
        step: int = self._ask({"do": "command", "run": run, "message": message}, repeat=repeat)["step"]
        return step

    def _ask(self, request: dict[str, Any], *, repeat: bool = False, grace: float = 0.0) -> dict[str, Any]:
        """One request, asked again when the supervisor dies before it began; `repeat` those that may be done twice."""
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            line, ticket = self._ensure_connected(until), RequestTicket.fresh(self.layout, until)
            try:
                return line.ask(request, ticket, grace)
            except ConnectionError:
                if not (ticket.withdraw() or repeat):
                    raise PlaygroundError(
                        Message("The training engine went away while it did this; look before you try again.")
                    ) from None
                if ticket.late:
                    raise PlaygroundError(Message("The training engine went away; please try once more.")) from None
                time.sleep(AGAIN_SECONDS)

    def _reach(self) -> socket.socket | None:
        line = socket.socket(socket.AF_UNIX)
        try:
            line.connect(str(self.layout.socket))
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
        from engine.store import migrations

        self.layout.prepare()
        migrations.expect_known(self.layout.database)  # it would leave at once, and only its journal would say why
        end = time.monotonic() + PATIENCE_SECONDS
        child: Process | None = None
        while time.monotonic() < end:
            if child is None or child.poll() is not None:
                child = self._launch()
            for _ in range(25):
                if (line := self._reach()) is not None:
                    return line
                if (child.poll() or 0) > 0:  # neither alive, nor stepped back, nor killed by someone
                    raise PlaygroundError(
                        Message(
                            "The training engine did not start; {journal} says why.", journal=str(self.layout.log_file)
                        )
                    )
                time.sleep(0.02)
        raise PlaygroundError(
            Message(
                "The training engine did not answer in time; {journal} may say why.", journal=str(self.layout.log_file)
            )
        )

    def _launch(self) -> Process:
        """A process of its own session, so that it outlives this one."""
        arguments = ["--home", str(self.layout.home), *self.options]
        surroundings = inherit_environment(network=True)  # its workers download data
        with self.layout.log_file.open("ab") as journal:
            child = launch(
                "engine.runtime.supervisor", arguments, surroundings, self.layout.home, stdout=journal, stderr=journal
            )
        threading.Thread(target=child.wait, name="supervisor-waiter", daemon=True).start()  # no zombie
        return child


def _name() -> str:
    """A name for a run: not guessable, short enough for an address."""
    return secrets.token_hex(8)


def _describe(experiment: Experiment, parent: tuple[str, int] | None, log: list[dict[str, Any]]) -> dict[str, Any]:
    """A new run as the supervisor is told of it."""
    above, step = parent or (None, None)
    said = {"experiment": experiment.to_json(), "digest": experiment.digest, "parent": above, "parent_step": step}
    return {"run": _name(), "log": log, **said}
