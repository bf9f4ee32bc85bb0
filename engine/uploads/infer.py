"""What the columns of a new table are probably for."""

from __future__ import annotations

from engine.examples import Task
from engine.message import Message
from engine.uploads.column_roles import with_roles
from engine.uploads.refusal import refusal
from engine.uploads.schema import FEW, LEVELS, About, Column, one_line


def guess(about: About) -> tuple[str, Task]:
    """One letter for each column (n number, c category, t target, i ignored) and the task.

    The target is the column with a usual name, else the last one that could be. Raises: InvalidExperiment if nothing
    could be learned: a target of one value, or no inputs.
    """
    if about.sort != "table":
        return "", "classification" if about.classes else "regression"
    about = about if about.columns[0].role else with_roles(about)
    chosen = next((place for place, column in enumerate(about.columns) if column.role == "target"), None)
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
    uses = "".join(letter(column) for column in about.columns)
    if not set(uses) & set("nc"):
        names = one_line(", ".join(column.name for n, column in enumerate(about.columns) if n != chosen))
        hint = Message("these columns are free text or of one value: {names}", names=names)
        raise refusal(Message("a target and at least one input"), Message("the target alone"), hint)
    return uses, task_of(about.columns[chosen], about.rows)


def letter(column: Column) -> str:
    """What a column of a certain role is used as."""
    if column.role == "target":
        return "t"
    return use(column) if column.role == "input" else "i"


def use(column: Column) -> str:
    """What an input column is probably for; one that is the same everywhere says nothing."""
    if column.distinct < 2 or column.sort == "text":
        return "i"
    return "n" if column.sort == "number" else "c"


def task_of(column: Column, rows: int) -> Task:
    """Words and a few different numbers are classes."""
    few = column.distinct <= min(FEW, max(2, rows // 5))
    return "classification" if column.sort == "category" or few else "regression"


def letters(column: Column) -> str:
    """What a column may be used for; one without any value only ignored."""
    if column.sort == "text" or not column.distinct:
        return "i"
    return ("n" if column.sort == "number" else "") + ("c" if column.distinct <= LEVELS else "") + "ti"
