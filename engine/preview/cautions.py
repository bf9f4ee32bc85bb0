"""Cautions: what an experiment may say but what does nothing, or not what it seems to; each rule is one function."""

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
    """Where it stands, as errors write it, and a sentence that a page can translate."""

    where: str
    said: Message

    def __str__(self) -> str:
        return f"{self.where}: {self.said}"

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return {"where": self.where, "text": str(self.said)}


Rule = Callable[[Experiment, Prepared], Iterator[Caution]]
FIRST_BLOCK = "$.network[0]"


def cautions(experiment: Experiment, data: Prepared | None = None) -> tuple[Caution, ...]:
    """Everything to be careful about; `data` are the experiment's own, if they are prepared already.

    Raises: InvalidExperiment for data that cannot be prepared.
    """
    prepared = data or prepare(experiment)
    return tuple(found for rule in RULES for found in rule(experiment, prepared))


def target_transforms(experiment: Experiment, data: Prepared) -> Iterator[Caution]:
    """Preprocessing of targets where targets are classes."""
    for place, transform in enumerate(experiment.preprocessing):
        if transform.acts_on == "target" and data.source.task == "classification":
            where = f"$.preprocessing[{place}] ({transform.name()})"
            yield Caution(where, Message("It does nothing here: it acts on numbers to predict, and these are classes."))


def undone_transforms(experiment: Experiment, data: Prepared) -> Iterator[Caution]:
    """A scaling of each input that the next step replaces."""
    chosen = experiment.preprocessing
    for place, (first, second) in enumerate(pairwise(chosen)):
        if first.scales_inputs and second.scales_inputs:
            where = f"$.preprocessing[{place}] ({first.name()})"
            yield Caution(where, Message("It does nothing here: the next step scales the inputs anew."))


def balanced_classes(experiment: Experiment, data: Prepared) -> Iterator[Caution]:
    """A balance for rare classes where no class is rarer than another."""
    if experiment.balance == "none" or data.source.task != "classification":
        return
    counts = torch.bincount(data.train_y, minlength=data.source.outputs)
    if int(counts.min()) == int(counts.max()):
        yield Caution("$.balance", Message("It does nothing here: every class has {n} examples.", n=int(counts[0])))


def mixed_alone(experiment: Experiment, data: Prepared) -> Iterator[Caution]:
    """Examples that are mixed with themselves."""
    for place, augmentation in enumerate(experiment.augmentations):
        if augmentation.mixes and experiment.batch_size == 1:
            where = f"$.augmentations[{place}] ({augmentation.name()})"
            yield Caution(where, Message("It does nothing here: a batch of one example has no other to be mixed with."))


def lone_weight(experiment: Experiment, data: Prepared) -> Iterator[Caution]:
    """The weight of an output's loss that stands alone."""
    if experiment.output_weight != 1 and not any(block.is_head for block in experiment.network):
        yield Caution(
            "$.output_weight",
            Message("It does nothing here: the output's loss is the only one. Heads and reconstructions add others."),
        )


def voted_numbers(experiment: Experiment, data: Prepared) -> Iterator[Caution]:
    """Votes of members that answer with numbers."""
    ensemble = experiment.ensemble
    if ensemble and ensemble.vote == "majority" and data.source.task == "regression":
        yield Caution("$.ensemble.vote", Message("Members vote on classes only; of numbers the mean is taken."))


def told_by_parts(experiment: Experiment, data: Prepared) -> Iterator[Caution]:
    """What the experiment's own parts say, which know how long the run is, and the first block what it takes in."""
    count = count_batches(len(data.train_x), experiment.batch_size)
    limits = [limit for limit in (experiment.steps, experiment.epochs and experiment.epochs * count) if limit]
    plan = RunPlan(min(limits), min(limits) // count, vocabulary_size=data.source.vocabulary_size)
    inputs = tuple(x.numpy() for x in (data.train_x, data.validation_x, data.test_x))
    for where, part in chosen_parts(experiment, "$"):
        for field, text in part.cautions(replace(plan, inputs=inputs) if where == FIRST_BLOCK else plan):
            yield Caution(f"{where}.{field}" if field else f"{where} ({part.name()})", text)


def chosen_parts(owner: Value, where: str) -> Iterator[tuple[str, Part]]:
    """Every part that an experiment or one of its parts names, and where."""
    for name in type(owner).model_fields:
        value, path = vars(owner)[name], f"{where}.{name}"
        listed = [(f"{path}[{i}]", one) for i, one in enumerate(value)] if isinstance(value, tuple) else [(path, value)]
        for place, part in listed:
            if isinstance(part, Part):
                yield place, part
                yield from chosen_parts(part, place)


def own_data(experiment: Experiment, data: Prepared) -> Iterator[Caution]:
    """What the splits miss, and what rounding took of own numbers."""
    for found in (split_warnings.find_split_warnings, split_warnings.find_rounding_warnings):
        yield from (Caution(*one) for one in found(experiment, data))


RULES: tuple[Rule, ...] = (
    target_transforms,
    undone_transforms,
    balanced_classes,
    mixed_alone,
    lone_weight,
    voted_numbers,
    told_by_parts,
    own_data,
)
"""In this order. To add one, write its function and name it here."""
