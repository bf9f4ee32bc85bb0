from __future__ import annotations

from typing import ClassVar, Literal

from engine.parts import hparam
from engine.regularizers import Regularizer


class Bagging(Regularizer):
    """Bagging: k networks, each with its own first weights and its own sample of the data; they answer together.

    Every member is trained as if it were alone: its own batches, gradient, clipping and optimizer. A sample is drawn
    with replacement, as large as the training split, and holds about 63 % of its examples, some of them several times.
    Loss and accuracy of the validation are those of the common answer, and so is what early stopping looks at.

    Reading: the instruments of layers show member 1. Members that go wrong in different places improve each other;
    where they disagree, do not trust the answer.

    Cost: k times the parameters, memory and time of one network.

    Source: Breiman, Bagging predictors, 1996.
    """

    rank: ClassVar[int] = 6
    kind: Literal["bagging"] = "bagging"
    members: int = hparam(5, "How many networks, k.", ge=2, le=20)
    vote: Literal["mean", "majority"] = hparam(
        "mean", "For classes: mean of the members' probabilities, or the class that most of them choose."
    )
