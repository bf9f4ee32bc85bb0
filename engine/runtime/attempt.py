"""One attempt at a run: what a worker's process does from its job to its end."""

from __future__ import annotations

import contextlib
import socket
import traceback
from typing import Any

import torch

from engine import wire
from engine.errors import PlaygroundError
from engine.experiment.experiment import Experiment
from engine.jobs import checkpoint
from engine.jobs.run_job import RunJob
from engine.message import MAX_CHARACTERS, Message
from engine.run_state import RunState
from engine.runtime import memory_limit
from engine.runtime.report import Report
from engine.runtime.worker import Leave, Worker
from engine.training.device import pick_device
from engine.training.trainer import Trainer


def main(line: socket.socket, job: RunJob) -> None:
    """Carry out a job; what goes wrong is told in one sentence, the rest goes to the supervisor's log."""
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    try:
        commands = wait_for_memory(line, job)
        Worker(line, job, commands).run()
    except Leave:
        pass
    except Exception as error:
        # Under the limit that it met, there may be no memory left to say so.
        memory_limit.lift_limit()
        traceback.print_exc()
        with contextlib.suppress(OSError, EOFError):
            line.sendall(_report_failure(job, error))
            # Until it is stored: a worker that ends before that is taken for dead and started again.
            while wire.receive(line)[0]["do"] != "bye":
                pass
    line.close()


def wait_for_memory(line: socket.socket, job: RunJob) -> list[dict[str, Any]]:
    """Work out what the run takes, wait for room if that is much, and take no more from here on; returns the commands
    that came meanwhile. Raises: InvalidExperiment if it is more than a run may take."""
    needed = memory_limit.estimate_job_bytes(job)
    commands: list[dict[str, Any]] = []
    if needed > memory_limit.SMALL:
        try:
            line.sendall(Report().message({}, {"needs": needed}))
            while (message := wire.receive(line)[0])["do"] != "granted":
                if message["do"] == "leave":
                    raise Leave
                commands.append(message)
        except (OSError, EOFError):
            raise Leave from None
    # CUDA reserves far more memory than it uses: a limit would stop every run there.
    if pick_device(Experiment.from_json(job.experiment).device).type == "cpu":
        memory_limit.set_limit(needed)
    return commands


def _report_failure(job: RunJob, error: Exception) -> bytes:
    state, message = RunState.FAILED, describe(error)
    if memory_limit.is_out_of_memory(error):
        state, message = RunState.OUT_OF_MEMORY, memory_limit.EXHAUSTED
    note = {"step": job.stored, "kind": state, "detail": {"sentence": message.plain()}}
    end = {"changes": {"state": state, "message": message.dump()}, "log": [note]}
    return Report().message({}, {"end": end})


def describe(error: Exception) -> Message:
    """What went wrong, short enough for the store; an error that is a bug in its own words."""
    if isinstance(error, PlaygroundError) and len(error.message.dump()) <= MAX_CHARACTERS:
        return error.message
    words = str(error).strip().split("\n")[0][:300]
    return Message.of(words if isinstance(error, PlaygroundError) else f"{type(error).__name__}: {words}")


def rehearse() -> None:
    """Train for a moment, save and restore, so that whoever is forked from here has it all loaded."""
    # The first backward pass and the first save import and initialize more than `import torch` does.
    trainer = Trainer(Experiment())
    trainer.advance(deadline=0.0).frames[0].encode()
    checkpoint.load(checkpoint.take_snapshot(trainer, 0, 0.0, None).data or b"")
