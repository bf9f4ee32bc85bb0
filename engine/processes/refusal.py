"""An error that a user can cause, as JSON and back: it crosses from a job's process to the one that started it."""

from __future__ import annotations

from typing import Any

from engine.errors import InvalidExperiment, PlaygroundError
from engine.message import Message


def to_plain(error: PlaygroundError) -> dict[str, Any]:
    if isinstance(error, InvalidExperiment):
        return {"experiment": error.plain()}
    return {"message": error.message.plain()}


def from_plain(plain: dict[str, Any]) -> PlaygroundError:
    if "experiment" in plain:
        return InvalidExperiment.of(plain["experiment"])
    return PlaygroundError(Message.of(plain["message"]))
