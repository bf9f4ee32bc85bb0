"""What preprocessing and augmentation do to the user's own data, as a few arrays to be drawn."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch

from engine.data.prepare import Prepared, prepare
from engine.experiment.experiment import Experiment
from engine.numerics.seeding import AUGMENTATION, seed_of

ALONE = ("data", "validation", "test", "stratified", "random_labels", "preprocessing", "augmentations", "loss", "seed")
POINTS = 200
BATCH = 32  # as many examples are mixed with each other as a usual batch has


@dataclass(frozen=True)
class Side:
    """One side of a before-and-after picture. `values` (examples, …) are a few of the training split; mean and
    deviation are taken over the whole of it.

    `mean_image` (channels, height, width) is the mean of every pixel, None where the inputs are no images.
    """

    values: np.ndarray
    mean: np.ndarray
    deviation: np.ndarray
    mean_image: np.ndarray | None

    @property
    def images(self) -> bool:
        """Whether the values are images."""
        return self.mean_image is not None


@dataclass(frozen=True)
class BeforeAfter:
    """The training split before and after preprocessing. `axes`: which two features are drawn where both sides have
    the same ones; otherwise the first two of each side."""

    before: Side
    after: Side
    labels: np.ndarray
    axes: tuple[int, int]


@dataclass(frozen=True)
class AugmentedCopies:
    """One example as training sees it: `clean` (1, …) and `changed` (times, …), each time another chance. `targets`
    holds for each of them the class shares or values, (times, outputs), where something mixes them; else None."""

    clean: np.ndarray
    changed: np.ndarray
    targets: np.ndarray | None


def data_alone(experiment: Experiment) -> Experiment:
    """An experiment with the same data and all else as usual, so that another network needs no other picture."""
    return Experiment().model_copy(update={name: getattr(experiment, name) for name in ALONE})


def before_after(experiment: Experiment) -> BeforeAfter:
    """The training split before and after the preprocessing of inputs. Raises: InvalidExperiment as `prepare` does."""
    return compare(data_alone(experiment).model_copy(update={"augmentations": ()}))


@lru_cache(maxsize=4)
def compare(experiment: Experiment) -> BeforeAfter:
    """The same for an experiment without augmentations; the last few are kept."""
    done = prepare(experiment)
    assert done.splits is not None
    own = done.splits.train
    x, z = done.source.x[own], done.train_x.numpy()
    chosen = np.linspace(0, len(x) - 1, min(POINTS, len(x))).round().astype(int)
    return BeforeAfter(side(x, chosen), side(z, chosen), done.source.y[own][chosen], most_varied(x))


def side(x: np.ndarray, chosen: np.ndarray) -> Side:
    """A few examples with the mean and deviation of each feature over all, (features,)."""
    rows = x.reshape(len(x), -1)
    mean = rows.mean(0, dtype=np.float64)
    return Side(x[chosen], mean, rows.std(0, dtype=np.float64), mean.reshape(x.shape[1:]) if x.ndim == 4 else None)


def most_varied(x: np.ndarray) -> tuple[int, int]:
    """The two features that vary most, in their order; of one feature that one twice."""
    spread = x.reshape(len(x), -1).std(0, dtype=np.float64)
    order = np.sort(np.argsort(-spread, kind="stable")[:2])
    return int(order[0]), int(order[-1])


def augment_example(experiment: Experiment, times: int = 6) -> AugmentedCopies:
    """The first example of the training split, several times as the augmentations change it, each in a batch with
    others so that what blends examples has some to blend. Raises: InvalidExperiment as `prepare` does."""
    return repeat_augmentation(data_alone(experiment), times)


@lru_cache(maxsize=4)
def repeat_augmentation(experiment: Experiment, times: int) -> AugmentedCopies:
    """The same; the last few are kept."""
    data = prepare(experiment)
    x, y = data.train_x[:BATCH], targets(experiment, data)[:BATCH]
    mixes = any(part.mixes for part in experiment.augmentations)
    generator, seen, shares = torch.Generator(), [], []
    for time in range(times):
        generator.manual_seed(seed_of(experiment.seed, AUGMENTATION, time))
        changed, blended = x, y
        for part in experiment.augmentations:
            changed, blended = part.apply(changed, blended, generator)
        seen.append(changed[0].numpy().copy())
        shares.append(blended[0].numpy().copy())
    return AugmentedCopies(x[:1].numpy().copy(), np.stack(seen), np.stack(shares) if mixes else None)


def targets(experiment: Experiment, data: Prepared) -> torch.Tensor:
    """Class shares of a classification, values of a regression, as what blends them needs them."""
    y = experiment.loss.targets(data.train_y, data.source.outputs)
    if y.dtype == torch.int64:
        y = torch.nn.functional.one_hot(y, data.source.outputs).to(torch.float32)
    return y
