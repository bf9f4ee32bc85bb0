"""Inference of a new table's column uses and task."""

from __future__ import annotations

from engine.examples import Task
from engine.message import Message
from engine.uploads.column_roles import assign_roles
from engine.uploads.refusal import refusal
from engine.uploads.schema import MAX_LEVELS, MAX_NUMERIC_CLASSES, Column, UploadSchema, one_line


def infer_uses(about: UploadSchema) -> tuple[str, Task]:
    """One letter for each column (n number, c category, t target, i ignored) and the task.

    The target is the column with a usual name, else the last one that could be. Raises: InvalidExperiment if nothing
    could be learned: a target of one value, or no inputs.
    """
    if about.sort != "table":
        return "", "classification" if about.classes else "regression"
    about = about if about.columns[0].role else assign_roles(about)
    chosen = next((position for position, column in enumerate(about.columns) if column.role == "target"), None)
    if chosen is None:
        raise refusal(Message("a column of numbers or of a few words"), Message("free text alone"))
    if about.columns[chosen].sort == "text":
        raise refusal(
            Message("a column of numbers or of a few words"),
            Message("free text in column {name}", name=about.columns[chosen].name),
        )
    if about.columns[chosen].distinct < 2:
        hint = Message("put the target last, or name it target")
        raise refusal(
            Message("two values or more in the target column {name}", name=about.columns[chosen].name),
            Message("one value"),
            hint,
        )
    uses = "".join(use_of(column) for column in about.columns)
    if not set(uses) & set("nc"):
        names = one_line(", ".join(column.name for n, column in enumerate(about.columns) if n != chosen))
        hint = Message("these columns are free text or of one value: {names}", names=names)
        raise refusal(Message("a target and at least one input"), Message("the target alone"), hint)
    return uses, infer_task(about.columns[chosen], about.rows)


def use_of(column: Column) -> str:
    """The use letter of a column, from its role."""
    if column.role == "target":
        return "t"
    return input_use(column) if column.role == "input" else "i"


def input_use(column: Column) -> str:
    """The use letter of an input column; a constant one is ignored."""
    if column.distinct < 2 or column.sort == "text":
        return "i"
    return "n" if column.sort == "number" else "c"


def infer_task(column: Column, rows: int) -> Task:
    """Classification for words and for few distinct numbers, else regression."""
    few = column.distinct <= min(MAX_NUMERIC_CLASSES, max(2, rows // 5))
    return "classification" if column.sort == "category" or few else "regression"


def allowed_uses(column: Column) -> str:
    """The use letters a column may have; one without any value can only be ignored."""
    if column.sort == "text" or not column.distinct:
        return "i"
    return ("n" if column.sort == "number" else "") + ("c" if column.distinct <= MAX_LEVELS else "") + "ti"
