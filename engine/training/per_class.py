"""Per-class metrics: recall and confusion matrix, which show what accuracy hides where classes are rare."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from engine.data.epochs import count_batches
from engine.data.prepare import Prepared
from engine.experiment.experiment import Experiment
from engine.frame import Channel

MOST_RECALLS, MOST_IN_MATRIX = 100, 20
MOST_NUMBERS = 4 * 2**20  # stored over all epochs of a run: 32 MiB


class ByClass:
    """Recall of each class and confusion matrix on the validation split, after every epoch.

    Recalls are stored for at most 100 classes, the matrix for at most 20, and both only if all epochs of the run fit
    into `MOST_NUMBERS`. The recall of a class without examples is NaN.
    """

    def __init__(self, experiment: Experiment, data: Prepared) -> None:
        classes = data.source.classes if data.source.task == "classification" else ()
        count = len(classes)
        each = count_batches(len(data.train_x), experiment.batch_size)
        epochs = min(experiment.epochs or math.inf, (experiment.steps or math.inf) / each)
        self.has_matrix = 0 < count <= MOST_IN_MATRIX and epochs * (count + count**2) <= MOST_NUMBERS
        self.has_recalls = 0 < count <= MOST_RECALLS and (self.has_matrix or epochs * count <= MOST_NUMBERS)
        self.classes = classes if self.has_recalls else ()

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The channels of the epochs' per-class metrics; frames have no readings of them."""
        formula = "right answers / examples of the class"
        recall = Channel("recall", "Recall of each class", formula, "share", "heat", series=self.classes)
        counts = "examples of a row's class that are said to be of a column's"
        matrix = Channel("confusion", "Confusion matrix", counts, "examples", "heat", series=self.classes)
        return (*((recall,) if self.has_recalls else ()), *((matrix,) if self.has_matrix else ()))

    def __call__(self, outputs: Tensor, targets: Tensor) -> tuple[float, ...]:
        """The recalls, then the confusion matrix, targets in rows. `targets`: classes (examples,) or one-hot rows."""
        if not self.has_recalls:
            return ()
        count = len(self.classes)
        target = targets if targets.dtype == torch.int64 else targets.argmax(1)  # (examples,)
        # each pair of target and prediction has a number of its own, so that one bincount is the whole matrix
        pairs = torch.bincount(target * count + outputs.argmax(1), minlength=count**2).tolist()
        rows = [pairs[i * count : (i + 1) * count] for i in range(count)]
        recalls = [row[i] / sum(row) if sum(row) else math.nan for i, row in enumerate(rows)]
        return (*recalls, *(map(float, pairs) if self.has_matrix else ()))
