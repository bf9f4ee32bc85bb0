"""A worker's checkpoints: what is in one, and how a run is found again."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from engine.experiment import Experiment
from engine.fleet.order import Order
from engine.store import checkpoints
from engine.trainer import Trainer


@dataclass(frozen=True)
class Snapshot:
    """A run at a step boundary, as bytes."""

    step: int
    epoch: int
    good: bool
    edits: int
    data: bytes


@dataclass
class Found:
    """Where a worker begins: a trainer, how many of the logged edits it has in it, and what to say about it."""

    trainer: Trainer
    edits: int = 0
    seconds: float = 0.0
    latest: tuple[float, ...] | None = None
    spoiled: tuple[str, ...] = ()
    note: dict[str, Any] | None = None


def snapshot(trainer: Trainer, edits: int, seconds: float, latest: tuple[float, ...] | None) -> Snapshot:
    """The trainer's state with what only the worker knows: plain tensors, numbers, strings and lists."""
    buffer = io.BytesIO()
    extra = {"edits": edits, "seconds": seconds, "latest": None if latest is None else list(latest)}
    torch.save({"trainer": trainer.state(), **extra}, buffer)
    return Snapshot(trainer.step, trainer.epoch, trainer.good(), edits, buffer.getvalue())


def write(order: Order, taken: Snapshot, serial: int) -> dict[str, Any]:
    """Put a snapshot on the disk; returns what the store records of it. Every file has a name of its own, so that one
    which is recorded is never written again."""
    name = f"checkpoints/{order.run}/{taken.step}-{order.attempt}-{serial}.pt"
    digest = checkpoints.write(Path(order.home) / name, taken.data)
    return {"step": taken.step, "path": name, "sha256": digest, "epoch": taken.epoch, "good": taken.good}


def find(order: Order) -> Found:
    """The run from its newest whole checkpoint, or from its beginning when there is none."""
    spoiled: list[str] = []
    why = ""
    for saved in order.checkpoints:
        try:
            data = checkpoints.read(Path(order.home) / saved.path, saved.sha256)
        except checkpoints.Spoiled as damage:
            spoiled.append(saved.path)
            why = why or f"The checkpoint of step {saved.step} could not be used: {damage}."
            continue
        found = load(data)
        if spoiled:
            found.spoiled = tuple(spoiled)
            found.note = _note(order, f"{why} The run went back to the one of step {saved.step}.", saved.step)
        return found
    lost = bool(spoiled) or (order.stored > 0 and not order.checkpoints)
    why = why or "There was no checkpoint."
    note = _note(order, f"{why} The run went back to its beginning.", 0)
    trainer = Trainer(Experiment.from_json(order.experiment))
    return Found(trainer, spoiled=tuple(spoiled), note=note if lost else None)


def load(data: bytes) -> Found:
    """What a snapshot's bytes hold."""
    state = torch.load(io.BytesIO(data), weights_only=True)
    latest = None if state["latest"] is None else tuple(state["latest"])
    return Found(Trainer.restore(state["trainer"]), state["edits"], state["seconds"], latest)


def _note(order: Order, sentence: str, back_to: int) -> dict[str, Any]:
    detail = {"sentence": sentence + " It takes the same steps again.", "to_step": back_to}
    return {"step": order.stored, "kind": "fallback", "detail": detail}
