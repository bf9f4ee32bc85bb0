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
from engine.data.split import Split, randomize_labels, split
from engine.data.to_float32 import target_to_float32, to_float32
from engine.errors import InvalidExperiment, abbreviate
from engine.examples import TASKS, Examples
from engine.experiment.experiment import Experiment
from engine.message import Message, join_choices
from engine.parts.aspects import Goal
from engine.parts.losses import Loss
from engine.parts.regularizers import Regularizer
from engine.parts.transforms import Map

load_examples = DatasetCache()


@dataclass(frozen=True)
class Prepared:
    """The splits after preprocessing, as tensors on the CPU.

    Shape: inputs (examples, *in_shape) float32; targets (examples,) int64 of classes, or (examples, outputs) float32.
    The test split may be empty.

    `source` are all examples before preprocessing, imputed. `points` are their inputs with targets and splits, for the
    plot of 1-D and 2-D inputs, (examples, 4), or None. `to_input` takes raw inputs (n, *raw_shape) to what the network
    sees, in the precision of the raw ones; up to here own tables are float64. `goals` are the targets of heads by
    their position in the network, of all examples; `splits` says whose they are.
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
        """How many outputs each head has, by its position in the network."""
        return {position: goal.outputs for position, goal in self.goals.items()}

    @property
    def in_shape(self) -> tuple[int, ...]:
        """Shape of one input, without the batch."""
        return tuple(self.train_x.shape[1:])

    @property
    def raw_shape(self) -> tuple[int, ...]:
        """Shape of one input before preprocessing, without the batch."""
        return self.source.x.shape[1:]


def prepare(experiment: Experiment) -> Prepared:
    """Load, split and preprocess the data of an experiment.

    Raises: InvalidExperiment if they cannot be loaded, or if data, loss and the rest do not suit each other.
    """
    source = load_examples(experiment.data, experiment.seed)
    expect_task(experiment, source)
    splits = split(experiment, source)
    expect_enough(experiment, len(splits.train))
    source = impute(source, splits.train)  # after the split: what fills gaps must not come from holdout rows
    source = replace(source, y=randomize_labels(experiment, source, splits.train))
    to_input, to_target = fit(experiment, source, splits.train)
    x, y = to_float32(to_input(source.x)), target_to_float32(to_target(source.y), splits.train)
    for position, augmentation in enumerate(experiment.augmentations):
        with locate_errors(f"$.augmentations[{position}] ({augmentation.name()})"):
            augmentation.expect(x.shape[1:])
    xs, ys = ([torch.from_numpy(np.ascontiguousarray(array[rows])) for rows in splits] for array in (x, y))
    points = choose_points(source, y, splits)
    goals = resolve_goals(experiment, replace(source, y=y))
    return Prepared(source, xs[0], ys[0], xs[1], ys[1], xs[2], ys[2], points, to_input, goals, splits)


def resolve_goals(experiment: Experiment, source: Examples) -> dict[int, Goal]:
    """Resolve what each head learns, by its position in the network. Raises: InvalidExperiment for an aspect that the
    examples do not have, and for a loss of another task."""
    goals: dict[int, Goal] = {}
    for position, block in enumerate(experiment.network):
        if block.aspect is not None:
            goal = block.aspect.goal(source)
            if goal is None:
                where = f"$.network[{position}] ({block.name()}).target"
                raise InvalidExperiment(
                    where, Message("a target that these data have"), abbreviate(block.aspect.name())
                )
            loss = block.loss_override
            if loss is not None and goal.task not in loss.tasks:
                received = describe_tasks(loss)
                raise InvalidExperiment(
                    f"$.network[{position}] ({block.name()}).loss",
                    Message("a loss for {task}", task=TASKS[goal.task]),
                    received,
                )
            goals[position] = goal
    return goals


@contextmanager
def locate_errors(where: str) -> Iterator[None]:
    """Say in every refusal from inside where the refused value stands, as a path such as `$.network[2]`."""
    try:
        yield
    except InvalidExperiment as error:
        raise error.relocate(where) from error


def describe_tasks(part: Loss | Regularizer) -> Message:
    """Describe a part with the tasks that it is for, as what was received."""
    tasks = join_choices([TASKS[task] for task in part.tasks])
    return Message("{received}, which is for {tasks}", received=repr(part.name()), tasks=tasks)


def expect_task(experiment: Experiment, source: Examples) -> None:
    """Refuse what does not suit the task: a loss, class weights or softened classes where there are no classes, an
    attack on token ids. Raises: InvalidExperiment."""
    suited: list[tuple[str, Callable[[Message], Message], Loss | Regularizer]] = [
        ("$.loss", lambda task: Message("a loss for {task}", task=task), experiment.loss)
    ]
    for position, rule in enumerate(experiment.regularizers):
        where = f"$.regularizers[{position}] ({rule.name()})"
        suited.append((where, lambda task: Message("a regularizer for {task}", task=task), rule))
    for where, expect, part in suited:
        if source.task not in part.tasks:
            raise InvalidExperiment(where, expect(TASKS[source.task]), describe_tasks(part))
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
    """Refuse a training split of `count` examples if that is less than the smallest batch the network can train on.

    No batch of a larger split is too small for being the last one: see `Order`. Raises: InvalidExperiment.
    """
    needed = max((block.smallest_batch for block in experiment.network), default=1)
    if count < needed:
        expected = Message("at least {n} training examples with batch normalization, which needs a variance", n=needed)
        raise InvalidExperiment("$.validation", expected, count, Message("more examples, or smaller other splits"))


def expect_one_head(experiment: Experiment) -> None:
    """Refuse what works with a single output only: members vote on one answer, an attack turns one loss. Raises:
    InvalidExperiment."""
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
    """Fit the preprocessing of inputs and of targets on the training split; returns both as maps of arrays.

    Each step is fitted on what the steps before it left. Raises: InvalidExperiment for inputs that a step cannot take.
    """
    inputs: list[Map] = []
    targets: list[Map] = []
    x, y = source.x[train], source.y[train]  # (training examples, …)
    for position, transform in enumerate(experiment.preprocessing):
        if transform.acts_on == "inputs":
            with locate_errors(f"$.preprocessing[{position}] ({transform.name()})"):
                if source.vocabulary_size:
                    raise InvalidExperiment(
                        "", Message("numbers that measure something"), Message("word numbers"), Message("leave it out")
                    )
                inputs.append(transform.fit(x))
            x = inputs[-1](x)
        elif source.task == "regression":
            targets.append(transform.fit(y))
            y = targets[-1](y)
    return compose(inputs), compose(targets)


def compose(maps: list[Map]) -> Map:
    """Compose maps; the first one acts first, and none is the identity."""

    def apply(z: np.ndarray) -> np.ndarray:
        for transform in maps:
            z = transform(z)
        return z

    return apply


def choose_points(source: Examples, y: np.ndarray, splits: Split) -> np.ndarray | None:
    """Choose what a plot of 1-D or 2-D inputs shows, (examples, 4); None where the examples have no `extent`.

    Columns: x, y, target, split for 2-D inputs; x, target, 0, split for 1-D inputs. The split is 0 in training, 1 in
    validation, 2 in the test.
    """
    if source.extent is None:
        return None
    split_number = np.zeros(len(source.x), np.float32)  # (examples,)
    for number, rows in enumerate(splits):
        split_number[rows] = number
    target = y.reshape(len(y), -1)[:, 0].astype(np.float32)  # (examples,)
    second, third = (source.x[:, 1], target) if source.x.shape[1] == 2 else (target, np.zeros_like(target))
    # inputs keep their precision: an axis of times in seconds needs the digits of float64
    return np.stack([source.x[:, 0], second, third, split_number], 1).astype(source.x.dtype)
