"""What an exported program says of itself, and the edits of its run."""

from __future__ import annotations

from collections.abc import Sequence

from engine.experiment.edits import Edit
from engine.experiment.experiment import Experiment
from engine.export.program.program import Program, build_program
from engine.export.program.replay import TimedEdit
from engine.store.run_changes import LogLine


def build_run_program(experiment: Experiment, log: Sequence[LogLine]) -> Program:
    """Build the program of a run, with its edits at their steps. Raises: NotExportable."""
    edits = [line for line in log if line.kind == "edit"]
    timed = [TimedEdit(e.step, Edit(path=e.detail["path"], value=e.detail["value"])) for e in edits]
    return build_program(experiment, timed)


def write_header(experiment: Experiment, run: str, made: Program) -> str:
    """The comment at the top of the program: its title, its origin and how to run it."""
    blocks = ", ".join(block.title().lower() for block in experiment.network) or "none"
    beside = "".join(f"\nIt reads {name}, which has to lie beside it." for name in made.beside)
    edits = "\nThe run was edited while it trained; the edits are in the loop, at their steps." if made.edited else ""
    return (
        f"{experiment.data.title()}, trained with {experiment.optimizer.title()}.\n\n"
        f"Hidden blocks: {blocks}.\n"
        f"Exported from the Training Playground: run {run}, experiment {experiment.digest}.\n"
        "Needs torch and numpy. On a CPU the loss of every step is that of the run; another version of torch may differ"
        f"\nin the last digits.{beside}{edits}"
    )
