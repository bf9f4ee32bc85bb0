"""How much memory a worker may take: worked out before it builds anything, and held by the system from then on."""

from __future__ import annotations

import resource
from pathlib import Path

import torch

from engine.data.data_size import estimate_size
from engine.data.prepare import load_examples, prepare
from engine.errors import PlaygroundError
from engine.experiment import edits
from engine.experiment.experiment import Experiment
from engine.jobs.run_job import RunJob
from engine.message import Message
from engine.network.build import Network, assemble
from engine.preview.preview import expect_memory, preview

SMALL = 64 * 2**20
"""A run that takes no more than so many bytes is not weighed exactly, and need not ask for room."""
MARGIN, SLACK = 1.3, 192 * 2**20
EXHAUSTED = Message("The run is out of memory: it needed more than was set aside for it, and ended.")
SIGNS = ("can't allocate memory", "cannot allocate memory", "out of memory", "bad_alloc", "could not create a memory")


def estimate_job_bytes(job: RunJob) -> int:
    """Peak memory of a run in bytes, for the experiment as it began and as it is edited.

    Raises: InvalidExperiment if a run may not take so much.
    """
    began = edited = Experiment.from_json(job.experiment)
    for one in job.edits:
        edited = edits.apply_edit(edited, edits.Edit(path=one.path, value=one.value))
    return max(estimate_bytes(own) for own in dict.fromkeys((began, edited)))


def estimate_bytes(experiment: Experiment) -> int:
    """Peak memory of an experiment; exact only where it is much. Raises: InvalidExperiment."""
    data = estimate_size(experiment, load_examples(experiment.data, experiment.seed))
    expect_memory(data.preparing, "$.data")
    prepared = prepare(experiment)
    network = assemble(experiment, prepared.in_shape, prepared.source.outputs, prepared.heads)
    batch = min(experiment.batch_size, len(prepared.train_x))
    if max(data.preparing, data.resident) + bound_bytes(experiment, network, batch) <= SMALL:
        return SMALL
    return max(SMALL, preview(experiment).run_bytes)


def bound_bytes(experiment: Experiment, network: Network, batch: int) -> int:
    """Upper bound of a small network's memory: optimizer state of each weight, saved tensors of each layer."""
    kept = 4 + experiment.optimizer.count_state(4) + sum(experiment.optimizer.scratch)
    members = experiment.ensemble.members if experiment.ensemble else 1
    weights = sum(parameter.numel() for parameter in network.parameters())
    numbers = 0
    for stage in network.stages:
        out, time = torch.Size(stage.out_shape).numel(), stage.in_shape[0]
        pairs = 8 * time * time if stage.block.pairs_steps else 0
        numbers += 45 * out * time if stage.block.recurrence else 4 * out + pairs
    return int(4 * members * kept * weights) + 4 * max(3 * batch, 2048) * numbers


def set_limit(taken: int) -> None:
    """Limit this process to what it has mapped, so many bytes more, and a margin."""
    limit = read_mapped_bytes() + int(MARGIN * taken) + SLACK
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))


def lift_limit() -> None:
    """Remove the limit, so that there is memory to report that it was reached."""
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))


def read_mapped_bytes() -> int:
    """Bytes of data mapped by this process, most of them shared with the fork server."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmData"))
    except (OSError, StopIteration):  # no Linux: as much as torch and its libraries take
        return 2 * 2**30


def is_out_of_memory(error: BaseException) -> bool:
    if isinstance(error, PlaygroundError):
        return False
    said = str(error).lower()
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or any(sign in said for sign in SIGNS)
