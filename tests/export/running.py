"""An exported program, and the trainer beside it."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np

from engine.experiment.experiment import Experiment
from engine.export.program.program import build_program
from engine.export.program.replay import TimedEdit
from engine.export.program.script_file import write_script
from engine.training.clock import FrameClock
from engine.training.trainer import Trainer

TOLERANCE = 1e-6


class Never(FrameClock):
    """No frames."""

    grid = False

    def due(self) -> bool:
        return False


def trained(experiment: Experiment, steps: int) -> list[float]:
    """The losses of the trainer."""
    return Trainer(experiment, Never()).advance(deadline=math.inf, until_step=steps).losses


def in_process(experiment: Experiment, steps: int, edits: Sequence[TimedEdit] = ()) -> list[float]:
    """The losses of the exported program, run here."""
    space: dict[str, Any] = {"__name__": "exported"}
    exec(
        compile(write_script(build_program(experiment, edits), "Exported."), "exported.py", "exec", dont_inherit=True),
        space,
    )
    with redirect_stdout(StringIO()):
        losses: list[float] = space["train"](steps)[1]
    return losses


def alone(folder: Path, steps: dict[str, int | None]) -> dict[str, list[float]]:
    """The losses of exported programs, by their file names, in one process that knows nothing of this project."""
    for name, count in steps.items():
        command = [name, "--csv", f"{name}.csv", *([] if count is None else ["--steps", str(count)])]
        (folder / f"{name}.json").write_text(json.dumps(command))
    environment = {"PATH": os.environ["PATH"], "OMP_NUM_THREADS": "1", "HOME": str(folder)}
    command = [sys.executable, "-I", "-c", ISOLATED, *(f"{name}.json" for name in steps)]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {name: losses_of(folder / f"{name}.csv") for name in steps}


def losses_of(path: Path) -> list[float]:
    """What a program wrote down; nothing if it failed."""
    rows = path.read_text().splitlines() if path.exists() else ["step,loss"]
    assert rows[0] == "step,loss"
    return [float(row.split(",")[1]) for row in rows[1:]]


# the project is installed where torch is: hide it
ISOLATED = """
import json, runpy, sys, traceback
class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("engine", "pages", "app"):
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Hidden())
for command in sys.argv[1:]:
    sys.argv = json.load(open(command))
    try:
        runpy.run_path(sys.argv[0], run_name="__main__")
    except Exception:
        traceback.print_exc()
"""


def expect_same(found: list[float], expected: list[float]) -> None:
    """As many losses, each the same to a millionth."""
    assert len(found) == len(expected) > 0
    np.testing.assert_allclose(found, expected, rtol=TOLERANCE)
