from __future__ import annotations

from typing import ClassVar, Literal

from engine.checks import Check, Outcome
from engine.message import Message
from engine.preview.cautions import Caution, find_cautions
from engine.training.check_context import CheckContext


class SettingsCheck(Check):
    """Settings: everything that was chosen acts, and means what it seems to mean.

    Some combinations can be trained but do nothing, such as standardized targets where targets are classes, or hide
    something, such as an embedding with fewer rows than there are words: training fails in silence.

    Use: First of all: it takes no training, and names the field that does nothing.

    Trouble: It knows the combinations that were thought of; others may still make no sense.

    Source: Karpathy, A recipe for training neural networks, 2019.
    """

    rank: ClassVar[int] = -1
    kind: Literal["settings"] = "settings"

    def examine(self, context: CheckContext) -> Outcome:
        found = find_cautions(context.original, context.data)
        expected = Message("Nothing that does nothing, or not what it seems to.")
        numbers = {"cautions": len(found)}
        if not found:
            return Outcome("pass", expected, Message("Nothing of the kind."), numbers=numbers)
        remedy = Message("Leave it out, or change what it acts on.")
        return Outcome("warn", expected, list_cautions(found), remedy, numbers)


def list_cautions(found: tuple[Caution, ...]) -> Message:
    """All cautions, one after the other."""
    first = Message("{where}: {what}", where=found[0].where, what=found[0].message)
    return Message("{first} {rest}", first=first, rest=list_cautions(found[1:])) if len(found) > 1 else first
