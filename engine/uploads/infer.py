"""Inference of a new table's column uses and task."""

from __future__ import annotations

from engine.examples import Task
from engine.message import Message
from engine.uploads.column_roles import assign_roles
from engine.uploads.refusal import refusal
from engine.uploads.schema import MAX_LEVELS, MAX_NUMERIC_CLASSES, Column, UploadSchema, one_line


def infer_uses(schema: UploadSchema) -> tuple[str, Task]:
    """Infer a letter for each column (n number, c category, t target, i ignored) and the task.

    The target is the column with a usual name, else the last one that could be. Raises: InvalidExperiment if nothing
    could be learned: a target of one value, or no inputs.
    """
    if schema.sort != "table":
        return "", "classification" if schema.classes else "regression"
    schema = schema if schema.columns[0].role else assign_roles(schema)
    chosen = next((position for position, column in enumerate(schema.columns) if column.role == "target"), None)
    if chosen is None:
        raise refusal(Message("a column of numbers or of a few words"), Message("free text alone"))
    if schema.columns[chosen].sort == "text":
        raise refusal(
            Message("a column of numbers or of a few words"),
            Message("free text in column {name}", name=schema.columns[chosen].name),
        )
    if schema.columns[chosen].distinct < 2:
        hint = Message("put the target last, or name it target")
        raise refusal(
            Message("two values or more in the target column {name}", name=schema.columns[chosen].name),
            Message("one value"),
            hint,
        )
    uses = "".join(choose_use(column) for column in schema.columns)
    if not set(uses) & set("nc"):
        names = one_line(", ".join(column.name for n, column in enumerate(schema.columns) if n != chosen))
        hint = Message("these columns are free text or of one value: {names}", names=names)
        raise refusal(Message("a target and at least one input"), Message("the target alone"), hint)
    return uses, infer_task(schema.columns[chosen], schema.rows)


def choose_use(column: Column) -> str:
    """Choose the use letter of a column from its role."""
    if column.role == "target":
        return "t"
    return choose_input_use(column) if column.role == "input" else "i"


def choose_input_use(column: Column) -> str:
    """Choose the use letter of an input column; a constant one is ignored."""
    if column.distinct < 2 or column.sort == "text":
        return "i"
    return "n" if column.sort == "number" else "c"


def infer_task(column: Column, rows: int) -> Task:
    """Infer the task from the target: classification for words and for few distinct numbers, else regression."""
    few = column.distinct <= min(MAX_NUMERIC_CLASSES, max(2, rows // 5))
    return "classification" if column.sort == "category" or few else "regression"


def list_allowed_uses(column: Column) -> str:
    """List the use letters that a column may have; one without any value can only be ignored."""
    if column.sort == "text" or not column.distinct:
        return "i"
    return ("n" if column.sort == "number" else "") + ("c" if column.distinct <= MAX_LEVELS else "") + "ti"
