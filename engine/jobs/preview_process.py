"""Preview and cost of an experiment, by a job where its data take much memory.

Experiments with small data are looked at in this process, at once.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import asdict
from typing import TYPE_CHECKING, ClassVar

from engine.data.data_size import DataSize, estimate_size
from engine.data.prepare import load_examples
from engine.errors import InvalidExperiment
from engine.experiment.experiment import Experiment
from engine.message import Message
from engine.preview.cautions import Caution
from engine.preview.memory_estimate import MemoryEstimate
from engine.preview.preview import LayerPreview, Preview, preview
from engine.processes.execution import perform
from engine.processes.job import Event, Job, Task
from engine.processes.limits import GIB, Limits
from engine.strict_json import dump_strict

if TYPE_CHECKING:
    from engine.jobs.cost import Cost

SMALL = 64 * 2**20  # bytes of data that are made ready here
KEPT = 256
_lock = threading.Lock()
_answers: OrderedDict[str, Future[Event]] = OrderedDict()


class ExamineExperiment(Job):
    """Preview and cost of an experiment, the document, in one event."""

    limits: ClassVar[Limits] = Limits(memory=8 * GIB, seconds=300.0, cpu_seconds=300)
    at_once: ClassVar[int | None] = 1  # each makes all examples ready
    interactive: ClassVar[bool] = True

    def events(self, task: Task) -> Iterator[Event]:
        """Examine the experiment. Raises: InvalidExperiment."""
        from engine.jobs.cost import count_cost

        experiment = Experiment.from_json(task.text())
        found = preview(experiment)
        careful = [{"where": one.where, "said": one.message.plain()} for one in found.cautions]
        plain = {name: value for name, value in vars(found).items() if name not in ("layers", "memory", "cautions")}
        layers = [asdict(row) for row in found.layers]
        about = {**plain, "layers": layers, "memory": asdict(found.memory), "cautions": careful}
        yield {"preview": about, "cost": asdict(count_cost(experiment))}


def is_large(experiment: Experiment) -> bool:
    """Whether the data are too large to be prepared in this process. Raises: InvalidExperiment."""
    if experiment.data.bulk() > SMALL:
        return True
    return estimate_size(experiment, load_examples(experiment.data, experiment.seed)).preparing > SMALL


def preview_in_job(experiment: Experiment, visitor: str = "") -> Preview:
    """The preview. Raises: InvalidExperiment, and PlaygroundError if the process goes away."""
    if not is_large(experiment):
        return preview(experiment)
    found = examine_once(experiment, visitor)["preview"]
    layers = tuple(
        LayerPreview(**{**row, "output_shape": tuple(row["output_shape"]), "input_shape": tuple(row["input_shape"])})
        for row in found.pop("layers")
    )
    own = found.pop("memory")
    memory = MemoryEstimate(**{**own, "data": DataSize(**own["data"])})
    careful = tuple(Caution(one["where"], Message.of(one["said"])) for one in found.pop("cautions"))
    shape = tuple(found.pop("in_shape"))
    return Preview(**found, layers=layers, memory=memory, cautions=careful, in_shape=shape)


def cost_in_job(experiment: Experiment, visitor: str = "") -> Cost:
    """Cost of an experiment, by the same job where its data are large."""
    from engine.jobs.cost import Cost, count_cost  # with the trainer, which the server's process does without

    return Cost(**examine_once(experiment, visitor)["cost"]) if is_large(experiment) else count_cost(experiment)


def examine_once(experiment: Experiment, visitor: str) -> Event:
    """What the job says of an experiment; the last answers are kept, refusals too, and the same is asked once.

    Raises: InvalidExperiment, and PlaygroundError if the process goes away.
    """
    mine: Future[Event] = Future()
    with _lock:
        # a visitor with two tabs asks twice at once: the second waits for the first one's answer
        answer = _answers.setdefault(experiment.digest, mine)
        _answers.move_to_end(experiment.digest)
        while len(_answers) > KEPT:
            _answers.popitem(last=False)
    if answer is mine:
        start_examination(experiment, visitor, mine)
    found: Event = json.loads(dump_strict(answer.result()))  # a copy for each
    if "refused" in found:
        raise InvalidExperiment.of(found["refused"])
    return found


def start_examination(experiment: Experiment, visitor: str, answer: Future[Event]) -> None:
    """Fill `answer`; what says nothing of the experiment is forgotten."""
    try:
        (found,) = perform(ExamineExperiment, experiment.to_json(), visitor=visitor)
        answer.set_result(found)
    except InvalidExperiment as error:
        answer.set_result({"refused": error.plain()})
    except BaseException as error:  # a process that died says nothing of the experiment: the next one may ask again
        with _lock:
            _answers.pop(experiment.digest, None)
        answer.set_exception(error)
