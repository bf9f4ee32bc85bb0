"""Right and wrong answers class by class: what a single accuracy hides where classes are rare."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from engine.data.epochs import count_batches
from engine.data.prepare import Prepared
from engine.experiment.experiment import Experiment
from engine.frame import Channel

MOST_RECALLS, MOST_CROSSED = 100, 20
MOST_NUMBERS = 4 * 2**20  # that the epochs of a run keep of it: 32 MiB


class ByClass:
    """Each class's recall and the confusion matrix of the validation split, at the end of every epoch.

    Recalls are kept of at most 100 classes, the matrix of at most 20, and both only where the epochs to come leave
    room for them. A class without examples has no recall: NaN.
    """

    def __init__(self, experiment: Experiment, data: Prepared) -> None:
        classes = data.source.classes if data.source.task == "classification" else ()
        count = len(classes)
        each = count_batches(len(data.train_x), experiment.batch_size)
        epochs = min(experiment.epochs or math.inf, (experiment.steps or math.inf) / each)
        self.crossed = 0 < count <= MOST_CROSSED and epochs * (count + count**2) <= MOST_NUMBERS
        self.kept = 0 < count <= MOST_RECALLS and (self.crossed or epochs * count <= MOST_NUMBERS)
        self.classes = classes if self.kept else ()

    @property
    def channels(self) -> tuple[Channel, ...]:
        """What the epochs say of classes; frames have no readings of it."""
        formula = "right answers / examples of the class"
        recall = Channel("recall", "Recall of each class", formula, "share", "heat", series=self.classes)
        counts = "examples of a row's class that are said to be of a column's"
        matrix = Channel("confusion", "Confusion matrix", counts, "examples", "heat", series=self.classes)
        return (*((recall,) if self.kept else ()), *((matrix,) if self.crossed else ()))

    def __call__(self, outputs: Tensor, targets: Tensor) -> tuple[float, ...]:
        """The recalls, then the matrix row by row: what was right by what was said. Targets are classes or rows."""
        if not self.kept:
            return ()
        right, count = (targets if targets.dtype == torch.int64 else targets.argmax(1)), len(self.classes)
        pairs = torch.bincount(right * count + outputs.argmax(1), minlength=count**2).tolist()
        rows = [pairs[at * count : (at + 1) * count] for at in range(count)]
        recalls = [row[at] / sum(row) if sum(row) else math.nan for at, row in enumerate(rows)]
        return (*recalls, *(map(float, pairs) if self.crossed else ()))
