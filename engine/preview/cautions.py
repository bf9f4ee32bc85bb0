"""Cautions: what an experiment may say but what does nothing, or not what it seems to; each rule is one function."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch

from engine.data import split_warnings
from engine.data.epochs import count_batches
from engine.data.prepare import Prepared, prepare
from engine.experiment.experiment import Experiment
from engine.message import Message
from engine.parts.blocks.embedding import Embedding
from engine.parts.regularizers.early_stopping import EarlyStopping
from engine.parts.schedules.on_plateau import OnPlateau
from engine.parts.schedules.piecewise import Piecewise
from engine.parts.schedules.step import Step
from engine.parts.schedules.warmup import Warmup


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
SCALED = ("center", "min_max", "standardize")  # each undoes one of the others that stands right before it


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
        if first.name() in SCALED and second.name() in SCALED:
            where = f"$.preprocessing[{place}] ({first.name()})"
            yield Caution(where, Message("It does nothing here: the next step scales the inputs anew."))


def embedded_words(experiment: Experiment, data: Prepared) -> Iterator[Caution]:
    """A first embedding whose rows do not fit the numbers that it is given."""
    first = experiment.network[0] if experiment.network else None
    if not isinstance(first, Embedding) or len(data.in_shape) != 1:
        return
    where = "$.network[0] (embedding)"
    x = torch.cat([data.train_x, data.validation_x, data.test_x])
    if not torch.equal(x, x.round()) or bool((x < 0).any()):
        yield Caution(
            where,
            Message(
                "These inputs are no word numbers: fractions are rounded, and all numbers below 0 share the first row."
            ),
        )
    words = max(data.source.vocabulary_size, int(x.max()) + 1)
    if words > first.rows:
        shared = words - first.rows + 1
        yield Caution(
            where,
            Message(
                "There are {words} words for {rows} rows: the last {shared} words share a row and look the same.",
                words=words,
                rows=first.rows,
                shared=shared,
            ),
        )


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


def too_short(experiment: Experiment, data: Prepared) -> Iterator[Caution]:
    """Schedules and rules that wait for a time which the run does not reach."""
    count = count_batches(len(data.train_x), experiment.batch_size)
    limits = [limit for limit in (experiment.steps, experiment.epochs and experiment.epochs * count) if limit]
    steps = min(limits)
    epochs = steps // count
    schedule = experiment.schedule
    waited = {Step: "every", Piecewise: "first"}.get(type(schedule), "")
    if waited and epochs < (vars(schedule)[waited] + 1):
        yield Caution(
            f"$.schedule.{waited}",
            Message("The run ends before the rate falls: it has {epochs} whole epochs.", epochs=epochs),
        )
    if isinstance(schedule, OnPlateau) and epochs < schedule.patience + 2:
        yield Caution(
            "$.schedule.patience",
            Message("The run ends before the rate can fall: it has {epochs} whole epochs.", epochs=epochs),
        )
    if isinstance(schedule, Warmup) and steps < schedule.rise:
        yield Caution(
            "$.schedule.rise",
            Message("The run ends before the full rate is reached: it has {steps} steps.", steps=steps),
        )
    for place, rule in enumerate(experiment.regularizers):
        if isinstance(rule, EarlyStopping) and epochs <= rule.patience:
            yield Caution(
                f"$.regularizers[{place}].patience",
                Message("It cannot end this run: it has only {epochs} whole epochs.", epochs=epochs),
            )


def own_data(experiment: Experiment, data: Prepared) -> Iterator[Caution]:
    """What the splits miss, and what rounding took of own numbers."""
    for found in (split_warnings.split_warnings, split_warnings.rounding_warnings):
        yield from (Caution(*one) for one in found(experiment, data))


RULES: tuple[Rule, ...] = (
    target_transforms,
    undone_transforms,
    embedded_words,
    balanced_classes,
    mixed_alone,
    lone_weight,
    voted_numbers,
    too_short,
    own_data,
)
"""In this order. To add one, write its function and name it here."""
