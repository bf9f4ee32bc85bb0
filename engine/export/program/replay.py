"""A run's edits as source: at which step which value of the program changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import nn

from engine.experiment.edits import Edit, apply_edit
from engine.experiment.experiment import Experiment
from engine.export.program.heads import Ends
from engine.export.program.model import Model
from engine.export.program.not_exportable import NotExportable
from engine.message import Message, Term
from engine.parts.regularizers import STRENGTH, Regularizer


@dataclass(frozen=True)
class TimedEdit:
    """An edit that acts before the step after `step` is taken."""

    step: int
    edit: Edit


class Replay:
    """The experiment's versions, one after each edit, and the lines that lead from one to the next."""

    def __init__(self, experiment: Experiment, edits: Sequence[TimedEdit], model: Model, ends: Ends) -> None:
        self.model, self.ends = model, ends
        self.versions = [experiment]
        self.lines: list[str] = []
        for timed in edits:
            after = apply_edit(self.versions[-1], timed.edit)
            changes = self.changes(self.versions[-1], after)
            said = f"{timed.edit.path} = {timed.edit.value}"
            if changes:
                self.lines += [f"if step == {timed.step}:  # in the run: {said}", *(f"    {line}" for line in changes)]
            self.versions.append(after)

    @property
    def batch_changes(self) -> bool:
        """Whether the batch size is among what changes."""
        return len({version.batch_size for version in self.versions}) > 1

    @property
    def weighs(self) -> bool:
        """Whether an edit changes how much an end counts."""
        first, *later = map(self.ends.weights, self.versions)
        return any(weights != first for weights in later)

    def changes(self, before: Experiment, after: Experiment) -> list[str]:
        """What one edit does to the program."""
        self.expect_followed(before, after)
        lines = [f"batch_size = {after.batch_size}"] if before.batch_size != after.batch_size else []
        old, new = before.optimizer.settings, after.optimizer.settings
        changed = {name: value for name, value in new.items() if old[name] != value}
        if "lr" in changed:
            lines.append(f"lr = {changed['lr']!r}")
        if changed:
            lines += ["for group in optimizer.param_groups:", f"    group.update({changed!r})"]
        strengths = ({r.name(): r.coefficient for r in e.regularizers} for e in (before, after))
        then, now = strengths
        for kind, value in now.items():
            if value is not None and then.get(kind, 0.0) != value:
                lines.append(f"{kind} = {value!r}")
        return lines + self.ends.retune(before, after) + self.retune_modules(before, after)

    def expect_followed(self, before: Experiment, after: Experiment) -> None:
        """Refuses edits of attack and regularizers that no line of the program follows: all but strengths."""
        if before.attack != after.attack:
            raise NotExportable(Message("The edit of the attack cannot be exported as a program."))
        then, now = ({r.name(): r for r in e.regularizers} for e in (before, after))
        for kind in {**then, **now}:
            old, new = then.get(kind), now.get(kind)
            rule = new or old
            same = old is not None and new is not None and without_strength(old) == without_strength(new)
            if rule is not None and not same and (new is None or old is not None or not new.has_strength()):
                raise NotExportable(
                    Message("The edit of {title} cannot be exported as a program.", title=Term("part", rule.title()))
                )

    def retune_modules(self, before: Experiment, after: Experiment) -> list[str]:
        """What changes in the network's modules."""
        lines = []
        paths = self.model.paths()
        stages = self.model.network.stages
        for stage, old, new in zip(stages, before.network, after.network, strict=False):
            if old == new or stage.shared or stage.block.is_head:
                continue
            old.update_live_fields(stage.module)
            seen = {id(module): dict(vars(module)) for module in stage.module.modules()}
            new.update_live_fields(stage.module)
            for module in stage.module.modules():
                lines += self.compare_module(module, seen[id(module)], paths[id(module)])
            if not lines:
                raise NotExportable(
                    Message("The edit of {title} cannot be exported as a program.", title=Term("part", new.title()))
                )
        return lines

    def compare_module(self, module: nn.Module, before: dict[str, object], path: str) -> list[str]:
        """The attributes of a module that are other numbers now."""
        now = vars(module)
        return [
            f"{path}.{name} = {value!r}"
            for name, value in now.items()
            if isinstance(value, int | float) and before.get(name) != value
        ]


def without_strength(rule: Regularizer) -> dict[str, object]:
    """What a rule says beside its strength."""
    return rule.model_dump(exclude={STRENGTH})
