"""From an experiment's data to tensors: load, split, preprocess. Statistics come from the training split alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import Tensor

from engine.data.dataset_cache import DatasetCache
from engine.data.impute import impute
from engine.data.split import Split, split, with_random_labels
from engine.data.to_float32 import target_to_float32, to_float32
from engine.errors import InvalidExperiment, shown
from engine.examples import TASKS, Examples
from engine.experiment.experiment import Experiment
from engine.message import Message, either
from engine.parts.aspects import Goal
from engine.parts.losses import Loss
from engine.parts.regularizers import Regularizer
from engine.parts.transforms import Map

examples = DatasetCache()


@dataclass(frozen=True)
class Prepared:
    """The splits after preprocessing, as float32 (or int64 class) tensors on the CPU; the test split may be empty.

    `points` are the inputs before preprocessing with targets and splits, for the plot of 1-D and 2-D inputs,
    (examples, 4), or None. `to_input` takes raw inputs to what the network sees, in the precision of the raw ones; up
    to here own tables are float64. `goals` are the targets of heads by
    their place in the network, of all examples; `splits` says whose they are.
    """

    source: Examples
    train_x: Tensor
    train_y: Tensor
    validation_x: Tensor
    validation_y: Tensor
    test_x: Tensor
    test_y: Tensor
    points: np.ndarray | None
    to_input: Map
    goals: Mapping[int, Goal] = field(default_factory=dict)
    splits: Split | None = None

    @property
    def heads(self) -> dict[int, int]:
        """How many outputs each head has, by its place in the network."""
        return {place: goal.outputs for place, goal in self.goals.items()}

    @property
    def in_shape(self) -> tuple[int, ...]:
        """Shape of one input, without the batch."""
        return tuple(self.train_x.shape[1:])

    @property
    def raw_shape(self) -> tuple[int, ...]:
        """The same before preprocessing."""
        return self.source.x.shape[1:]


def prepare(experiment: Experiment) -> Prepared:
    """Loads, splits and preprocesses. Raises: InvalidExperiment if data, loss and the rest do not suit each other."""
    source = examples(experiment.data, experiment.seed)
    expect_task(experiment, source)
    splits = split(experiment, source)
    expect_enough(experiment, len(splits.train))
    source = impute(source, splits.train)
    source = replace(source, y=with_random_labels(experiment, source, splits.train))
    to_input, to_target = fit(experiment, source, splits.train)
    x, y = to_float32(to_input(source.x)), target_to_float32(to_target(source.y), splits.train)
    for place, augmentation in enumerate(experiment.augmentations):
        with at(f"$.augmentations[{place}] ({augmentation.name()})"):
            augmentation.expect(x.shape[1:])
    xs, ys = ([torch.from_numpy(np.ascontiguousarray(a[own])) for own in splits] for a in (x, y))
    points = choose_points(source, y, splits)
    goals = head_goals(experiment, replace(source, y=y))
    return Prepared(source, xs[0], ys[0], xs[1], ys[1], xs[2], ys[2], points, to_input, goals, splits)


def head_goals(experiment: Experiment, source: Examples) -> dict[int, Goal]:
    """What each head learns, by its place. Raises: InvalidExperiment for an aspect that the examples do not have."""
    goals: dict[int, Goal] = {}
    for place, block in enumerate(experiment.network):
        if block.aspect is not None:
            goal = block.aspect.goal(source)
            if goal is None:
                where = f"$.network[{place}] ({block.name()}).target"
                raise InvalidExperiment(where, Message("a target that these data have"), shown(block.aspect.name()))
            loss = block.own_loss
            if loss is not None and goal.task not in loss.tasks:
                received = meant_for(loss)
                raise InvalidExperiment(
                    f"$.network[{place}] ({block.name()}).loss",
                    Message("a loss for {task}", task=TASKS[goal.task]),
                    received,
                )
            goals[place] = goal
    return goals


@contextmanager
def at(where: str) -> Iterator[None]:
    """Says where the value stands that something inside does not accept."""
    try:
        yield
    except InvalidExperiment as error:
        raise error.at(where) from error


def meant_for(part: Loss | Regularizer) -> Message:
    """Which tasks a part is for."""
    tasks = either([TASKS[task] for task in part.tasks])
    return Message("{received}, which is for {tasks}", received=repr(part.name()), tasks=tasks)


def expect_task(experiment: Experiment, source: Examples) -> None:
    """Refuses what does not suit the task: a loss, class weights or softened classes where there are no classes."""
    suited: list[tuple[str, Callable[[Message], Message], Loss | Regularizer]] = [
        ("$.loss", lambda task: Message("a loss for {task}", task=task), experiment.loss)
    ]
    for place, rule in enumerate(experiment.regularizers):
        where = f"$.regularizers[{place}] ({rule.name()})"
        suited.append((where, lambda task: Message("a regularizer for {task}", task=task), rule))
    for where, what, part in suited:
        if source.task not in part.tasks:
            raise InvalidExperiment(where, what(TASKS[source.task]), meant_for(part))
    if experiment.attack and source.vocabulary_size:
        where = f"$.attack ({experiment.attack.name()})"
        raise InvalidExperiment(
            where, Message("numbers that measure something"), Message("word numbers"), Message("leave it out")
        )
    if any(block.is_head for block in experiment.network):
        expect_one_head(experiment)
    if experiment.balance != "none" and source.task != "classification":
        raise InvalidExperiment("$.balance", Message("classes to balance"), TASKS[source.task], Message("choose none"))


def expect_enough(experiment: Experiment, count: int) -> None:
    """Refuses a training split that is smaller than the smallest batch which the network can be trained on. A batch
    that would be smaller for being the last one is none: see `Order`."""
    needed = max((block.smallest_batch for block in experiment.network), default=1)
    if count < needed:
        wanted = Message("at least {n} training examples with batch normalization, which needs a variance", n=needed)
        raise InvalidExperiment("$.validation", wanted, count, Message("more examples, or smaller other splits"))


def expect_one_head(experiment: Experiment) -> None:
    """Refuses what works with one end only: members vote on one answer, an attack turns one loss."""
    if experiment.ensemble:
        where = f"$.ensemble ({experiment.ensemble.name()})"
        raise InvalidExperiment(
            where, Message("a network with one end"), Message("heads or reconstructions"), Message("leave it out")
        )
    if experiment.attack:
        where = f"$.attack ({experiment.attack.name()})"
        raise InvalidExperiment(
            where, Message("a network with one end"), Message("heads or reconstructions"), Message("leave it out")
        )


def fit(experiment: Experiment, source: Examples, train: np.ndarray) -> tuple[Map, Map]:
    """The preprocessing of inputs and of targets, each step fitted on the training split as those before left it."""
    inputs: list[Map] = []
    targets: list[Map] = []
    x, y = source.x[train], source.y[train]
    for place, transform in enumerate(experiment.preprocessing):
        if transform.acts_on == "inputs":
            with at(f"$.preprocessing[{place}] ({transform.name()})"):
                if source.vocabulary_size:
                    raise InvalidExperiment(
                        "", Message("numbers that measure something"), Message("word numbers"), Message("leave it out")
                    )
                inputs.append(transform.fit(x))
            x = inputs[-1](x)
        elif source.task == "regression":
            targets.append(transform.fit(y))
            y = targets[-1](y)
    return chain(inputs), chain(targets)


def chain(maps: list[Map]) -> Map:
    """All maps one after the other."""

    def run(z: np.ndarray) -> np.ndarray:
        for one in maps:
            z = one(z)
        return z

    return run


def choose_points(source: Examples, y: np.ndarray, splits: Split) -> np.ndarray | None:
    """Rows of x, y, target, split for 2-D inputs; x, target, 0, split for 1-D inputs. The split is 0 in training, 1 in
    validation, 2 in the test."""
    if source.extent is None:
        return None
    places = np.zeros(len(source.x), np.float32)
    for number, chosen in enumerate(splits):
        places[chosen] = number
    target = y.reshape(len(y), -1)[:, 0].astype(np.float32)
    second, third = (source.x[:, 1], target) if source.x.shape[1] == 2 else (target, np.zeros_like(target))
    return np.stack([source.x[:, 0], second, third, places], 1).astype(source.x.dtype)
