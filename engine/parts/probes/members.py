from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

import torch
from torch import Tensor

from engine.frame import Channel
from engine.parts.probes import Moment, Need, Probe, Subject, measure_score, require


class Members(Probe):
    """Members: share of right answers of all members together, out of bag, and of each member alone.

    Of the first 256 validation examples, fewer for large networks; R² for a regression. Out of bag: of the first
    training examples, each answered by those members alone that do not have it in their sample; it needs no validation.

    Use: To see whether several networks are worth their cost, and, out of bag, to do without a validation split.

    Trouble: With few members many examples have only one or two that have not seen them: out of bag is then too low.

    Reading: together they should be about as good as the best of them, and steadier.

    Shape: (together, out of bag, member 1, …)

    Source: Breiman, Out-of-bag estimation, 1996.
    """

    rank: ClassVar[int] = 13
    is_automatic: ClassVar[bool] = True
    needs: ClassVar[frozenset[Need]] = frozenset({"members"})
    kind: Literal["members"] = "members"

    def channel(self, subject: Subject) -> Channel | None:
        if subject.members < 2:
            return None
        names = ("together", "out of bag", *(f"member {index + 1}" for index in range(subject.members)))
        formula = "right answers / examples" if subject.task == "classification" else "R²"
        return Channel(self.kind, "Members", formula, "share", "scores", series=names)

    def measure(self, moment: Moment, subject: Subject) -> Mapping[str, Tensor]:
        holdout = require(moment.holdout)
        members = [measure_score(outputs, holdout.targets, subject) for outputs in require(holdout.member_outputs)]
        ensemble = measure_score(holdout.outputs, holdout.targets, subject)
        out_of_bag = measure_score(require(holdout.out_of_bag), require(holdout.out_of_bag_targets), subject)
        return {self.kind: torch.stack([ensemble, out_of_bag, *members])}  # (2 + members,)
