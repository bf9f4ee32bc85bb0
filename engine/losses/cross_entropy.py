from __future__ import annotations

from typing import ClassVar, Literal

from torch import Tensor, nn

from engine.datasets import Task
from engine.losses import Loss


class CrossEntropy(Loss):
    """Cross-entropy: −ln p of the right class, p the softmax of the outputs; ln C for a network that knows nothing.

    Source: Goodfellow, Bengio and Courville, Deep Learning, 2016, section 6.2.2.
    """

    rank: ClassVar[int] = 0
    tasks: ClassVar[tuple[Task, ...]] = ("classification",)
    kind: Literal["cross_entropy"] = "cross_entropy"

    def build(self) -> nn.Module:
        return nn.CrossEntropyLoss()

    def targets(self, y: Tensor, outputs: int) -> Tensor:
        return y
