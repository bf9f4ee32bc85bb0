"""Changes of a run since a cursor, for those who follow it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import sqlalchemy as sa

from engine.store import row_models
from engine.store.series_chunks import decode_epochs, decode_losses


@dataclass(frozen=True)
class LogLine:
    """One line of a run's log: at which step what happened."""

    seq: int
    run: str
    step: int
    kind: str
    detail: dict[str, Any]
    at: float


@dataclass(frozen=True)
class Cursor:
    """The last `seq` seen of each table."""

    losses: int = 0
    epochs: int = 0
    frames: int = 0
    log: int = 0


@dataclass
class RunChanges:
    """What a run has gained since a cursor: losses (n, 2) of step and loss, epochs (n, columns), frames as (step, time,
    bytes), and log lines."""

    losses: list[np.ndarray] = field(default_factory=list)
    epochs: list[np.ndarray] = field(default_factory=list)
    frames: list[tuple[int, float, bytes]] = field(default_factory=list)
    log: list[LogLine] = field(default_factory=list)


def append_row(changes: RunChanges, table: str, row: sa.RowMapping) -> None:
    """Append a row of a table. Raises: DamagedRun."""
    if table == "losses":
        changes.losses.append(decode_losses(row["step_lo"], row["payload"]))
    elif table == "epochs":
        changes.epochs.append(decode_epochs(row["payload"], row["epoch_hi"] - row["epoch_lo"] + 1))
    elif table == "frames":
        changes.frames.append((row["step"], row["at"], row["payload"]))
    else:
        changes.log.append(parse_log_row(row))


def parse_log_row(row: sa.RowMapping) -> LogLine:
    """Parse a row of the log. Raises: DamagedRun."""
    try:
        values = {name: row[name] for name in ("step", "kind", "at")}
        line = row_models.LogEntry(**values, detail=json.loads(row["detail"]))
    except (ValueError, TypeError, RecursionError) as error:
        raise row_models.DamagedRun from error
    return LogLine(row["seq"], row["run"], line.step, line.kind, line.detail, line.at)
