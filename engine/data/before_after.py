"""Before and after preprocessing and augmentation of an experiment's own data, as a few arrays to be drawn."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch

from engine.data.prepare import Prepared, prepare
from engine.experiment.experiment import Experiment
from engine.numerics.seeding import AUGMENTATION, seed_of

DATA_FIELDS = (
    *("data", "validation", "test", "stratified", "random_labels", "preprocessing", "augmentations", "loss", "seed"),
)
"""Fields of an experiment that its data depend on."""
POINTS = 200  # examples of a side
BATCH = 32  # as many examples are mixed with each other as a usual batch has


@dataclass(frozen=True)
class Side:
    """One side of a before-and-after picture.

    `values` (examples, …) are a few of the training split; `mean` and `deviation` (features,) are taken over the whole
    of it, in float64. `mean_image` (channels, height, width) is the mean of every pixel, None where the inputs are no
    images.
    """

    values: np.ndarray
    mean: np.ndarray
    deviation: np.ndarray
    mean_image: np.ndarray | None


@dataclass(frozen=True)
class BeforeAfter:
    """The training split before and after preprocessing.

    `labels` are the targets of the values, before preprocessing. `axes`: which two features are drawn where both sides
    have the same ones; otherwise the first two of each side.
    """

    before: Side
    after: Side
    labels: np.ndarray
    axes: tuple[int, int]


@dataclass(frozen=True)
class AugmentedCopies:
    """One example as training sees it: `clean` (1, …), and `changed` (times, …), drawn anew each time.

    `targets` holds their class shares or values, (times, outputs), where something mixes them; else None.
    """

    clean: np.ndarray
    changed: np.ndarray
    targets: np.ndarray | None


def isolate_data(experiment: Experiment) -> Experiment:
    """Keep of an experiment what its data depend on, so that another network finds the same picture cached."""
    return Experiment().model_copy(update={name: getattr(experiment, name) for name in DATA_FIELDS})


def compare_preprocessing(experiment: Experiment) -> BeforeAfter:
    """Compare the training split before and after the preprocessing of inputs. Raises: InvalidExperiment as `prepare`
    does."""
    return _compare(isolate_data(experiment).model_copy(update={"augmentations": ()}))


@lru_cache(maxsize=4)
def _compare(experiment: Experiment) -> BeforeAfter:
    data = prepare(experiment)
    assert data.splits is not None
    train = data.splits.train
    x, z = data.source.x[train], data.train_x.numpy()  # (examples, …) both, in the same order
    chosen = np.linspace(0, len(x) - 1, min(POINTS, len(x))).round().astype(int)
    labels = data.source.y[train][chosen]
    return BeforeAfter(summarize_side(x, chosen), summarize_side(z, chosen), labels, choose_axes(x))


def summarize_side(x: np.ndarray, chosen: np.ndarray) -> Side:
    """Summarize `x` (examples, …): the chosen examples, and each feature's mean and deviation over all."""
    rows = x.reshape(len(x), -1)  # (examples, features)
    # along the first axis numpy adds one by one: in float32 the mean of 300 000 equal rows was 0.3 % off
    mean = rows.mean(0, dtype=np.float64)  # (features,)
    return Side(x[chosen], mean, rows.std(0, dtype=np.float64), mean.reshape(x.shape[1:]) if x.ndim == 4 else None)


def choose_axes(x: np.ndarray) -> tuple[int, int]:
    """Choose the two features of `x` (examples, …) that vary most, the first one first; a lone feature comes twice."""
    deviation = x.reshape(len(x), -1).std(0, dtype=np.float64)  # (features,)
    chosen = np.sort(np.argsort(-deviation, kind="stable")[:2])
    return int(chosen[0]), int(chosen[-1])


def augment_example(experiment: Experiment, times: int = 6) -> AugmentedCopies:
    """Augment the first example of the training split several times, in a batch with others so that what mixes
    examples has some to mix. Raises: InvalidExperiment as `prepare` does."""
    return _repeat_augmentation(isolate_data(experiment), times)


@lru_cache(maxsize=4)
def _repeat_augmentation(experiment: Experiment, times: int) -> AugmentedCopies:
    data = prepare(experiment)
    x, y = data.train_x[:BATCH], encode_targets(experiment, data)[:BATCH]  # (batch, …), (batch, outputs)
    mixes = any(part.mixes for part in experiment.augmentations)
    generator, copies, shares = torch.Generator(), [], []
    for time in range(times):
        generator.manual_seed(seed_of(experiment.seed, AUGMENTATION, time))  # as step `time` of a run is seeded
        changed, mixed = x, y
        for part in experiment.augmentations:
            changed, mixed = part.apply(changed, mixed, generator)
        copies.append(changed[0].numpy().copy())  # a copy: a view would keep the whole batch in the cache
        shares.append(mixed[0].numpy().copy())
    return AugmentedCopies(x[:1].numpy().copy(), np.stack(copies), np.stack(shares) if mixes else None)


def encode_targets(experiment: Experiment, data: Prepared) -> torch.Tensor:
    """Encode the training targets as what mixes examples needs them: class shares or values, (examples, outputs)."""
    y = experiment.loss.encode_targets(data.train_y, data.source.outputs)
    if y.dtype == torch.int64:
        y = torch.nn.functional.one_hot(y, data.source.outputs).to(torch.float32)  # (examples, classes)
    return y
