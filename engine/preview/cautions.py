"""Cautions: settings that are allowed but do nothing, or not what they seem to; each rule is one function."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import torch

from engine.catalogue.part import Part, Value
from engine.catalogue.run_plan import RunPlan
from engine.data import split_warnings
from engine.data.epochs import count_batches
from engine.data.prepare import Prepared, prepare
from engine.experiment.experiment import Experiment
from engine.message import Message


@dataclass(frozen=True)
class Caution:
    """A caution: the path of the setting, as errors write it, and a sentence that a page can translate."""

    where: str
    message: Message

    def __str__(self) -> str:
        return f"{self.where}: {self.message}"

    def plain(self) -> dict[str, Any]:
        """Where and text, for JSON."""
        return {"where": self.where, "text": str(self.message)}


Rule = Callable[[Experiment, Prepared], Iterator[Caution]]
FIRST_BLOCK = "$.network[0]"


def find_cautions(experiment: Experiment, data: Prepared | None = None) -> tuple[Caution, ...]:
    """Find everything to be careful about; `data` are the experiment's, if they are prepared already.

    Raises: InvalidExperiment for data that cannot be prepared.
    """
    prepared = data or prepare(experiment)
    return tuple(found for rule in RULES for found in rule(experiment, prepared))


def warn_target_transforms(experiment: Experiment, data: Prepared) -> Iterator[Caution]:
    """Warn of preprocessing of targets where targets are classes."""
    for position, transform in enumerate(experiment.preprocessing):
        if transform.acts_on == "target" and data.source.task == "classification":
            where = f"$.preprocessing[{position}] ({transform.name()})"
            yield Caution(where, Message("It does nothing here: it acts on numbers to predict, and these are classes."))


def warn_undone_transforms(experiment: Experiment, data: Prepared) -> Iterator[Caution]:
    """Warn of a scaling of each input that the next step replaces."""
    for position, (first, second) in enumerate(pairwise(experiment.preprocessing)):
        if first.scales_inputs and second.scales_inputs:
            where = f"$.preprocessing[{position}] ({first.name()})"
            yield Caution(where, Message("It does nothing here: the next step scales the inputs anew."))


def warn_balanced_classes(experiment: Experiment, data: Prepared) -> Iterator[Caution]:
    """Warn of a balance for rare classes where no class is rarer than another."""
    if experiment.balance == "none" or data.source.task != "classification":
        return
    counts = torch.bincount(data.train_y, minlength=data.source.outputs)
    if int(counts.min()) == int(counts.max()):
        yield Caution("$.balance", Message("It does nothing here: every class has {n} examples.", n=int(counts[0])))


def warn_lone_examples(experiment: Experiment, data: Prepared) -> Iterator[Caution]:
    """Warn of an augmentation that mixes examples in batches of a single one."""
    for position, augmentation in enumerate(experiment.augmentations):
        if augmentation.mixes and experiment.batch_size == 1:
            where = f"$.augmentations[{position}] ({augmentation.name()})"
            yield Caution(where, Message("It does nothing here: a batch of one example has no other to be mixed with."))


def warn_lone_weight(experiment: Experiment, data: Prepared) -> Iterator[Caution]:
    """Warn of a weight of the output's loss where there is no other loss."""
    if experiment.output_weight != 1 and not any(block.is_head for block in experiment.network):
        yield Caution(
            "$.output_weight",
            Message("It does nothing here: the output's loss is the only one. Heads and reconstructions add others."),
        )


def warn_numeric_vote(experiment: Experiment, data: Prepared) -> Iterator[Caution]:
    """Warn of a majority vote of members that answer with numbers."""
    ensemble = experiment.ensemble
    if ensemble and ensemble.vote == "majority" and data.source.task == "regression":
        yield Caution("$.ensemble.vote", Message("Members vote on classes only; of numbers the mean is taken."))


def ask_parts(experiment: Experiment, data: Prepared) -> Iterator[Caution]:
    """Ask the experiment's parts; they are told how long the run is, and the first block what it takes in."""
    count = count_batches(len(data.train_x), experiment.batch_size)
    limits = [limit for limit in (experiment.steps, experiment.epochs and experiment.epochs * count) if limit]
    plan = RunPlan(min(limits), min(limits) // count, vocabulary_size=data.source.vocabulary_size)
    inputs = tuple(x.numpy() for x in (data.train_x, data.validation_x, data.test_x))  # (examples, …) each
    for where, part in walk_parts(experiment, "$"):
        for field, text in part.cautions(replace(plan, inputs=inputs) if where == FIRST_BLOCK else plan):
            yield Caution(f"{where}.{field}" if field else f"{where} ({part.name()})", text)


def walk_parts(owner: Value, where: str) -> Iterator[tuple[str, Part]]:
    """Walk through every part that an experiment or one of its parts names, with its path."""
    for name in type(owner).model_fields:
        value, path = vars(owner)[name], f"{where}.{name}"
        listed = [(f"{path}[{i}]", one) for i, one in enumerate(value)] if isinstance(value, tuple) else [(path, value)]
        for part_path, part in listed:
            if isinstance(part, Part):
                yield part_path, part
                yield from walk_parts(part, part_path)


def warn_of_data(experiment: Experiment, data: Prepared) -> Iterator[Caution]:
    """Warn of what the splits miss, and of values of own tables that float32 merges."""
    for find in (split_warnings.find_split_warnings, split_warnings.find_rounding_warnings):
        yield from (Caution(*warning) for warning in find(experiment, data))


RULES: tuple[Rule, ...] = (
    warn_target_transforms,
    warn_undone_transforms,
    warn_balanced_classes,
    warn_lone_examples,
    warn_lone_weight,
    warn_numeric_vote,
    ask_parts,
    warn_of_data,
)
"""In this order. To add one, write its function and name it here."""
