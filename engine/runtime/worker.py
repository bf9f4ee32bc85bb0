"""A worker: one process that trains one run, tells the supervisor everything and does what it is told.

It never opens the store. What it learned goes over its line as reports; before it obeys a command it names the step
at which it will act, and waits until the supervisor has put that on the disk. So a run that is started again from a
checkpoint takes the very same steps.
"""

from __future__ import annotations

import select
import socket
import time
from pathlib import Path
from typing import Any

from engine import wire
from engine.errors import PlaygroundError
from engine.experiment import edits
from engine.jobs import checkpoint
from engine.jobs.run_job import LoggedEdit, RunJob
from engine.message import NOTHING, Message
from engine.run_state import RunState
from engine.runtime import memory_limit
from engine.runtime.report import Report
from engine.runtime.request_ticket import LATE
from engine.store import disk_reserve
from engine.strict_json import dump_strict
from engine.training import frame_grid

SLICE_SECONDS = 0.02
REPORT_SECONDS = 0.05
PACE_SECONDS = 1.0


class Leave(Exception):
    """This process is to end: the supervisor said so, or is gone."""


class Worker:
    """The loop of one run."""

    def __init__(self, line: socket.socket, job: RunJob, commands: list[dict[str, Any]] | None = None) -> None:
        self.line, self.job = line, job
        found = checkpoint.restore_run(job)
        self.trainer, self.applied, self.seconds, self.latest = found.trainer, found.edits, found.seconds, found.latest
        self.edits = list(job.edits)
        self.report = Report()
        self.report.introduce(self.trainer)
        if found.note is not None or found.spoiled:
            self.report.header |= {"spoiled": found.spoiled, "notes": [found.note]}
        self.paused = job.paused
        # A paused run takes the steps again that were seen: up to the last stored one.
        self.until_step = max(job.stored, job.until_step or 0) if job.paused else 0
        self.until_epoch = (job.until_epoch or 0) if job.paused else 0
        self.commands = commands or []
        self.saves, self.saved_at = 0, self.seconds
        self.spacing = checkpoint.compute_spacing(
            job.checkpoint_seconds, checkpoint.count_tensor_bytes(self.trainer.state()), 0.0
        )
        self.saved: tuple[int, int] | None = None
        self.pace = (self.seconds, self.trainer.step)
        self.speed: float | None = None

    def run(self) -> None:
        """Train until the run ends or the supervisor says otherwise."""
        beginning = self._snapshot() if self.trainer.step == 0 else None  # a large one is made again from the seed
        if self._training():
            self._advance(0.0)
        self._send()  # the first picture, before anything is saved
        if beginning is not None and beginning.data is not None:
            self._save(beginning)
            self._send()
        while self.trainer.status == "running":
            # Sleeps in `recv` while paused: no CPU until somebody says something.
            self._listen(wait=not self._training() and not self.commands)
            while self.commands and self._caught_up():
                self._obey(self.commands.pop(0))
            if self._training():
                self._advance(SLICE_SECONDS)
            # Each message costs the supervisor a transaction; losses alone can wait for company.
            if self.report.due(REPORT_SECONDS):
                self._send()
            if self.seconds - self.saved_at >= self.spacing:
                self._save(self._snapshot())
                self._send()
        self._end(RunState(self.trainer.status), self.trainer.message)

    # Training ---------------------------------------------------------------------------------------------------------

    def _training(self) -> bool:
        """Is there a step to take?"""
        if self.trainer.status != "running":
            return False
        return not self.paused or self.trainer.step < self.until_step or self.trainer.epoch < self.until_epoch

    def _next_edit(self) -> LoggedEdit | None:
        """The next logged edit that is not in the trainer yet; only a run that was resumed has any."""
        return self.edits[self.applied] if self.applied < len(self.edits) else None

    def _caught_up(self) -> bool:
        """Past everything that was stored? Only then may commands act: what was seen stays as it was."""
        if self.trainer.step < self.job.stored:
            return False
        self._repeat_edits()
        return True

    def _repeat_edits(self) -> None:
        while (edit := self._next_edit()) is not None and edit.step <= self.trainer.step:
            self.trainer.edit(edits.Edit(path=edit.path, value=edit.value))
            self.applied += 1

    def _advance(self, seconds: float) -> None:
        """Take steps for a while: up to the next logged edit, or to where the pause begins."""
        self._repeat_edits()
        edit = self._next_edit()
        ends = [self.until_step] if self.paused and self.until_step > self.trainer.step else []
        ends += [edit.step] if edit is not None else []
        began = time.perf_counter()
        progress = self.trainer.advance(
            deadline=began + seconds,
            until_step=min(ends, default=None),
            until_epoch=self.until_epoch if self.paused and self.until_epoch > self.trainer.epoch else None,
            frame_at_end=self.paused,
        )
        now = time.perf_counter()
        self.seconds += now - began
        self.report.add(progress)
        self.latest = progress.epochs[-1] if progress.epochs else self.latest
        if self.seconds - self.pace[0] >= PACE_SECONDS:  # time of training: a pause is none
            self.speed = (self.trainer.step - self.pace[1]) / (self.seconds - self.pace[0])
            self.pace = (self.seconds, self.trainer.step)

    # Speaking ---------------------------------------------------------------------------------------------------------

    def _send(self, **extra: Any) -> None:
        """Say what there is to say."""
        report, self.report = self.report, Report()
        if report.empty and not extra:
            return
        try:
            self.line.sendall(report.message(self._progress(), extra))
        except OSError:
            raise Leave from None

    def _progress(self) -> dict[str, Any]:
        names = ("train_loss", "train_metric", "validation_loss", "validation_metric")
        last = dict(zip(names, self.latest[2:6], strict=True)) if self.latest else dict.fromkeys(names)
        summary = {**last, "steps_per_second": self.speed, "seconds": self.seconds}
        if self.trainer.restored_epoch:
            summary |= dict(zip(("kept_epoch", "kept_validation_loss"), self.trainer.restored_epoch, strict=True))
        return {"epoch": self.trainer.epoch, "summary": dump_strict(summary)}

    def _snapshot(self) -> checkpoint.Snapshot:
        return checkpoint.take_snapshot(self.trainer, self.applied, self.seconds, self.latest)

    def _save(self, taken: checkpoint.Snapshot) -> None:
        """Write a checkpoint; the next message records it, together with everything up to its step."""
        # Nothing has happened since: a pause after a save, or an end after a pause.
        if self.saved == (taken.step, taken.edits):
            return
        began = time.perf_counter()
        while True:
            try:
                row = checkpoint.write(self.job, taken, self.saves)
            # A full disk is no reason to lose the run: it stands still until there is room.
            except OSError as error:
                if not disk_reserve.is_full(error, Path(self.job.home)):
                    raise
                self._send(full=True)
                self._await("room")
            else:
                break
        self.report.header["checkpoint"] = row
        self.saves += 1
        self.saved, self.saved_at = (taken.step, taken.edits), self.seconds
        taken_up = (Path(self.job.home) / row["path"]).stat().st_size
        self.spacing = checkpoint.compute_spacing(self.job.checkpoint_seconds, taken_up, time.perf_counter() - began)

    def _end(self, state: RunState, message: Message) -> None:
        """Close the run. A finished one keeps its last weights, a diverged one its last good ones, from before."""
        if state is RunState.FINISHED:
            self._save(self._snapshot())
        detail = {"sentence": message.plain(), "grid": list(frame_grid.steps(self.trainer.step))}
        note = {"step": self.trainer.step, "kind": state, "detail": detail}
        self._send(end={"changes": {"state": state, "message": message.dump()}, "log": [note]})
        self._await("bye")

    # Listening --------------------------------------------------------------------------------------------------------

    def _listen(self, *, wait: bool) -> None:
        """Hear what was said; with `wait`, until something is."""
        while wait or select.select([self.line], [], [], 0)[0]:
            self.commands.append(self._hear())
            wait = False

    def _hear(self) -> dict[str, Any]:
        try:
            message, _ = wire.receive(self.line)
        except (OSError, EOFError):
            raise Leave from None
        if message["do"] == "leave":
            self._save(self._snapshot())
            self._send()
            raise Leave
        return message

    def _await(self, *words: str) -> str:
        """Wait for one of some words; commands that come first are kept."""
        while (message := self._hear())["do"] not in words:
            self.commands.append(message)
        word: str = message["do"]
        return word

    def _obey(self, command: dict[str, Any]) -> None:
        """Carry out a command at this step boundary, after it is on the disk."""
        name: str = command["do"]
        if time.monotonic() > command.get("until", float("inf")):
            self._send(refusal={"id": command["id"], "sentence": LATE.plain()})
        elif name == "edit":
            self._edit(command)
        elif name == "resume":
            if self._claim(command, "resume", {}, {"state": RunState.RUNNING, "message": ""}, act=self.paused):
                self.paused, self.until_step, self.until_epoch = False, 0, 0
        elif name == "step":
            goal = {"until_step": self.trainer.step + 1} if command["unit"] == "batch" else {}
            goal |= {"until_epoch": self.trainer.epoch + 1} if command["unit"] == "epoch" else {}
            if self._claim(
                command, "step", {"unit": command["unit"], **goal}, {"state": RunState.PAUSED, "message": ""}
            ):
                self.paused = True
                self.until_step, self.until_epoch = goal.get("until_step", 0), goal.get("until_epoch", 0)
        elif name in ("pause", "stop"):
            state = RunState.PAUSED if name == "pause" else RunState.STOPPED
            # A second click on pause: answered, but the log has nothing new.
            resting = name == "pause" and self.paused and not self._training()
            # Saved first, so that the log's entry and the checkpoint of its step are stored together.
            if not resting:
                self._save(self._snapshot())
            said = self.trainer.stop_message if name == "stop" else NOTHING
            detail, changes = command.get("detail", {}), {"state": state, "message": said.dump()}
            if self._claim(command, name, detail, changes, act=not resting):
                self.paused, self.until_step, self.until_epoch = True, 0, 0
                if name == "stop":
                    raise Leave

    def _edit(self, command: dict[str, Any]) -> None:
        edit = edits.Edit(path=command["path"], value=command["value"])
        try:
            edited = edits.apply_edit(self.trainer.experiment, edit)
            if edit.path == "batch_size":
                # Larger batches need more; refused here if that is too much, with nothing changed.
                memory_limit.set_limit(memory_limit.estimate_bytes(edited))
        except PlaygroundError as error:
            self._send(refusal={"id": command["id"], "sentence": error.message.plain()})
            return
        detail = {"path": edit.path, "value": edit.value}
        if not self._claim(command, "edit", detail, {"edited": edited.to_json()}):
            return
        self.trainer.edit(edit)
        self.applied += 1
        self.edits.append(LoggedEdit(self.trainer.step, edit.path, edit.value))

    def _claim(
        self, command: dict[str, Any], kind: str, detail: dict[str, Any], changes: dict[str, Any], *, act: bool = True
    ) -> bool:
        """Say at which step the command will act; True when that is on the disk, False when nobody waits for it any
        more, and when it is only answered, without `act`."""
        note = {"step": self.trainer.step, "kind": kind, "detail": detail}
        said = {"log": [note], "changes": changes} if act else {}
        self._send(claim={"id": command["id"], "step": self.trainer.step, **said})
        return act and self._await("ack", "nack") == "ack"
