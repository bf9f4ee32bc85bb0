"""Checks: what has to hold before it is worth training for long."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from engine.catalogue.part import Part
from engine.message import NOTHING, Message
from engine.training.check_context import CheckContext

Verdict = Literal["pass", "warn", "fail", "none"]


@dataclass(frozen=True)
class Outcome:
    """What a check found: what theory expects, what was there, the verdict, and what to do if it is bad.

    Verdict `none`: the check does not apply; `found` says why. `numbers` are what the sentences rest on.
    """

    verdict: Verdict
    expected: Message
    found: Message
    remedy: Message = NOTHING
    numbers: Mapping[str, Any] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        said = {name: getattr(self, name).plain() for name in ("expected", "found", "remedy")}
        numbers = {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in self.numbers.items()}
        return {"verdict": self.verdict, **said, "numbers": numbers}


class Check(Part, family="checks", position=14):
    """A sanity check: deterministic, and without effect on the experiment."""

    @abstractmethod
    def examine(self, context: CheckContext) -> Outcome:
        """Examine an experiment: what theory expects, what is there, and a verdict."""
