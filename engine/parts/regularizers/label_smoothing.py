from __future__ import annotations

from typing import ClassVar, Literal

from torch import Tensor

from engine.catalogue.part import hparam
from engine.examples import Task
from engine.parts.regularizers import Regularizer


class LabelSmoothing(Regularizer):
    r"""Label smoothing: the target is (1 − ε) for the right class plus ε / C for each of the C classes.

    The outputs need not run off to infinity to please the loss: the best logits are finite, ln((1 − ε) C / ε + 1) above
    the others. The training loss cannot reach 0 any more; the validation loss is taken against the true labels.

    Formula: \tilde y_c = (1 - \varepsilon)\,[c = y] + \frac{\varepsilon}{C}

    Use: Classification in which the network gets too sure, or some labels are wrong.

    Trouble: The training loss can no longer be compared with runs that have none, and stays above the validation loss
    of a good network.

    Source: Szegedy et al., Rethinking the Inception architecture for computer vision, 2016, section 7.
    """

    rank: ClassVar[int] = 5
    tasks: ClassVar[tuple[Task, ...]] = ("classification",)
    smooths_targets: ClassVar[bool] = True
    kind: Literal["label_smoothing"] = "label_smoothing"
    share: float = hparam(0.1, "What is taken from the right class and spread over all, ε.", ge=0, le=0.5)

    def smooth_targets(self, targets: Tensor) -> Tensor:
        return targets * (1 - self.share) + self.share / targets.shape[1]  # (examples, classes), rows still sum to 1
