"""The tables of the store.

Series are stored as blobs of many points, never a row a point. `seq` grows with every row written, so a reader follows
a table by remembering the last one it saw. That is why these tables are AUTOINCREMENT: without it SQLite gives the
number of a deleted newest row again, and the reader would miss the row that has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

metadata = sa.MetaData()


class Blob(sa.LargeBinary):
    """Bytes as SQLite gives them: the usual type makes a damaged value, such as a number, into that many bytes."""

    cache_ok = True

    def result_processor(self, dialect: Any, coltype: Any) -> None:
        """Leave values as they are."""


def _seq() -> sa.Column[int]:
    return sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True)


def _run() -> sa.Column[str]:
    return sa.Column("run", sa.ForeignKey("runs.id", ondelete="CASCADE"), nullable=False)


runs = sa.Table(
    "runs",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("created", sa.Double, nullable=False),
    sa.Column("updated", sa.Double, nullable=False),
    sa.Column("experiment", sa.Text, nullable=False),  # as the run began
    sa.Column("edited", sa.Text, nullable=False),  # with the edits so far
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("parent", sa.String(32)),
    sa.Column("parent_step", sa.Integer),
    sa.Column("step", sa.Integer, nullable=False),  # the last one whose loss is stored
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("channels", sa.Text, nullable=False),
    sa.Column("static", Blob),
    sa.Column("summary", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False, server_default=""),  # given by a person, later than the others
)
losses = sa.Table(
    "losses",
    metadata,
    _seq(),
    _run(),
    sa.Column("step_lo", sa.Integer, nullable=False),
    sa.Column("step_hi", sa.Integer, nullable=False),
    sa.Column("payload", Blob, nullable=False),  # float32, one a step
    sa.UniqueConstraint("run", "step_lo"),
    sqlite_autoincrement=True,
)
epochs = sa.Table(
    "epochs",
    metadata,
    _seq(),
    _run(),
    sa.Column("epoch_lo", sa.Integer, nullable=False),
    sa.Column("epoch_hi", sa.Integer, nullable=False),
    sa.Column("payload", Blob, nullable=False),  # float64, rows of EPOCH_COLUMNS
    sa.UniqueConstraint("run", "epoch_lo"),
    sqlite_autoincrement=True,
)
frames = sa.Table(
    "frames",
    metadata,
    _seq(),
    _run(),
    sa.Column("step", sa.Integer, nullable=False),
    sa.Column("at", sa.Double, nullable=False),  # when the worker encoded it
    sa.Column("payload", Blob, nullable=False),
    sa.UniqueConstraint("run", "step"),
    sqlite_autoincrement=True,
)
log = sa.Table(
    "log",
    metadata,
    _seq(),
    _run(),
    sa.Column("step", sa.Integer, nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("at", sa.Double, nullable=False),
    sa.Index("log_of_run", "run", "seq"),
    sqlite_autoincrement=True,
)
checkpoints = sa.Table(
    "checkpoints",
    metadata,
    _seq(),
    _run(),
    sa.Column("step", sa.Integer, nullable=False),
    sa.Column("path", sa.Text, nullable=False),  # below the store's folder
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Column("good", sa.Boolean, nullable=False),
    sa.Column("at", sa.Double, nullable=False),
    sa.Index("checkpoints_of_run", "run", "seq"),
    sqlite_autoincrement=True,
)

EPOCH_COLUMNS = ("epoch", "step", "train_loss", "train_metric", "validation_loss", "validation_metric")


def list_epoch_columns(channels: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """List the columns of a run's epochs: those of all runs, those of each head, then each class's recall and the
    confusion matrix row by row, whose classes are numbers."""
    series = {channel["key"]: tuple(channel["series"]) for channel in channels}
    names, classes = series.get("recall", ()), range(len(series.get("confusion", ())))
    confusion = (f"confusion_{true}_{predicted}" for true in classes for predicted in classes)
    return (*list_plain_columns(channels), *(f"recall_{name}" for name in names), *confusion)


def list_plain_columns(channels: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """List the columns without those of classes."""
    heads = next((channel["series"] for channel in channels if channel["key"] == "end_loss"), ())
    names = [name.replace(" ", "_") for name in heads]
    kinds = ("train_loss", "validation_loss", "train_metric", "validation_metric")
    return (*EPOCH_COLUMNS, *(f"{name}_{kind}" for name in names for kind in kinds))
