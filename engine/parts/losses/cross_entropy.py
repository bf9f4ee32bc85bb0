from __future__ import annotations

import math
from typing import ClassVar, Literal

from torch import Tensor, nn

from engine.examples import Task
from engine.message import Message
from engine.parts.losses import Loss, LossAtZero


class CrossEntropy(Loss):
    r"""Cross-entropy: −ln p of the right class, p the softmax of the outputs; ln C for a network that knows nothing.

    Formula: L = -\frac1B \sum_{i} \ln p_{i, y_i}, \qquad p_{i,c} = \frac{e^{z_{i,c}}}{\sum_{k} e^{z_{i,k}}}

    Use: Classification. The outputs are logits: no activation in the last layer, the softmax is part of the loss.

    Trouble: Before training it should be near ln C (0.693 for two classes, 2.303 for ten); far above, the first
    weights are too large. A network that is sure and wrong pays without limit.

    Source: Goodfellow, Bengio and Courville, Deep Learning, 2016, section 6.2.2.
    """

    rank: ClassVar[int] = 0
    tasks: ClassVar[tuple[Task, ...]] = ("classification",)
    default_for: ClassVar[tuple[Task, ...]] = ("classification",)
    kind: Literal["cross_entropy"] = "cross_entropy"

    def build(self) -> nn.Module:
        return nn.CrossEntropyLoss()

    def encode_targets(self, y: Tensor, outputs: int) -> Tensor:
        return y  # (batch,): nn.CrossEntropyLoss takes classes; rows of shares come from smoothing and mixing alone

    def evaluate_at_zero(self, targets: Tensor) -> LossAtZero:
        classes = targets.shape[1]
        value = math.log(classes)  # the softmax of zeros is 1/C for each class
        return LossAtZero(value, Message("ln C = ln {classes} = {value}", classes=classes, value=value), True)
