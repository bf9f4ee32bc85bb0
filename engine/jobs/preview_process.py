"""What is known of an experiment before training, found in a process of its own where its data take much memory.

`python -m engine.jobs.preview_process` reads an experiment as JSON and answers with one JSON object. One such process
works at a time; the others wait. Experiments with small data are looked at here, at once.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections import OrderedDict
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.data.data_size import DataSize, estimate_size
from engine.data.prepare import examples
from engine.errors import InvalidExperiment, PlaygroundError
from engine.experiment.experiment import Experiment
from engine.message import Message
from engine.preview.cautions import Caution
from engine.preview.memory_estimate import MemoryEstimate
from engine.preview.preview import LayerPreview, Preview, preview
from engine.strict_json import strict

if TYPE_CHECKING:
    from engine.jobs.cost import Cost

ROOT = Path(__file__).resolve().parents[2]
SMALL = 64 * 2**20  # bytes of data that are made ready here
PATIENCE = 300.0
KEPT = 256
_turn = threading.Lock()
_known: OrderedDict[str, dict[str, Any]] = OrderedDict()


def large(experiment: Experiment) -> bool:
    """Do its data take so much that they are not made ready in this process? Raises: InvalidExperiment."""
    if experiment.data.bulk() > SMALL:
        return True
    return estimate_size(experiment, examples(experiment.data, experiment.seed)).preparing > SMALL


def previewed(experiment: Experiment) -> Preview:
    """The preview. Raises: InvalidExperiment, and PlaygroundError if the process goes away."""
    if not large(experiment):
        return preview(experiment)
    found = answered(experiment)["preview"]
    layers = tuple(
        LayerPreview(**{**row, "output_shape": tuple(row["output_shape"]), "input_shape": tuple(row["input_shape"])})
        for row in found.pop("layers")
    )
    own = found.pop("memory")
    memory = MemoryEstimate(**{**own, "data": DataSize(**own["data"])})
    careful = tuple(Caution(one["where"], Message.of(one["said"])) for one in found.pop("cautions"))
    shape = tuple(found.pop("in_shape"))
    return Preview(**found, layers=layers, memory=memory, cautions=careful, in_shape=shape)


def costed(experiment: Experiment) -> Cost:
    """The cost, likewise."""
    from engine.jobs.cost import Cost, cost  # with the trainer, which the server's process does without

    return Cost(**answered(experiment)["cost"]) if large(experiment) else cost(experiment)


def answered(experiment: Experiment) -> dict[str, Any]:
    """What the process says of an experiment; the last answers are kept, refusals too."""
    with _turn:
        known = _known.get(experiment.digest)
        if known is None:
            known = _known[experiment.digest] = asked(experiment)
        _known.move_to_end(experiment.digest)
        while len(_known) > KEPT:
            _known.popitem(last=False)
    found: dict[str, Any] = json.loads(strict(known))
    if "refused" in found:
        raise InvalidExperiment.of(found["refused"])
    return found


def asked(experiment: Experiment) -> dict[str, Any]:
    """A process says it. Raises: PlaygroundError if it goes away."""
    few = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "engine.jobs.preview_process"],
            input=experiment.to_json(), capture_output=True, text=True, timeout=PATIENCE, check=True,
            cwd=ROOT, env={**os.environ, **few},
        )  # fmt: skip
        found: dict[str, Any] = json.loads(done.stdout)
    except (subprocess.SubprocessError, ValueError):
        raise PlaygroundError("The process that examines the network went away; please try once more.") from None
    return found


def told(experiment: Experiment) -> dict[str, Any]:
    """Preview and cost, or why there is none."""
    from engine.jobs.cost import cost

    try:
        found = preview(experiment)
        careful = [{"where": one.where, "said": one.said.plain()} for one in found.cautions]
        plain = {name: value for name, value in vars(found).items() if name not in ("layers", "memory", "cautions")}
        layers = [asdict(row) for row in found.layers]
        about = {**plain, "layers": layers, "memory": asdict(found.memory), "cautions": careful}
        return {"preview": about, "cost": asdict(cost(experiment))}
    except InvalidExperiment as error:
        return {"refused": error.plain()}


def main() -> int:
    """Answers on the standard output."""
    sys.stdout.write(strict(told(Experiment.from_json(sys.stdin.read()))) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
