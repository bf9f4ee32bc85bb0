"""A run's edits as source: at which step which value of the program changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import nn

from engine.experiment.edits import Edit, apply_edit
from engine.experiment.experiment import Experiment
from engine.export.program.heads import HeadsWriter
from engine.export.program.model import ModelWriter
from engine.export.program.not_exportable import NotExportable
from engine.message import Message, Term
from engine.parts.regularizers import STRENGTH, Regularizer


@dataclass(frozen=True)
class TimedEdit:
    """An edit that acts before the step after `step` is taken."""

    step: int
    edit: Edit


class EditReplay:
    """The versions of the experiment, one after each edit, and the lines that lead from one to the next."""

    def __init__(
        self, experiment: Experiment, edits: Sequence[TimedEdit], model: ModelWriter, heads: HeadsWriter
    ) -> None:
        self.model, self.heads = model, heads
        self.versions = [experiment]
        self.lines: list[str] = []
        for timed in edits:
            after = apply_edit(self.versions[-1], timed.edit)
            changes = self.write_changes(self.versions[-1], after)
            said = f"{timed.edit.path} = {timed.edit.value}"
            if changes:
                self.lines += [f"if step == {timed.step}:  # in the run: {said}", *(f"    {line}" for line in changes)]
            # Also without lines: a later edit is compared with this version.
            self.versions.append(after)

    @property
    def batch_changes(self) -> bool:
        """Whether an edit changes the batch size."""
        return len({version.batch_size for version in self.versions}) > 1

    @property
    def weighs(self) -> bool:
        """Whether an edit changes the weight of a head."""
        first, *later = map(self.heads.list_loss_weights, self.versions)
        return any(weights != first for weights in later)

    def write_changes(self, before: Experiment, after: Experiment) -> list[str]:
        """The lines for one edit."""
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
        return lines + self.heads.write_reweighting(before, after) + self.write_module_changes(before, after)

    def expect_followed(self, before: Experiment, after: Experiment) -> None:
        """Refuse edits of attack and regularizers, but for strengths: no line of the program follows them."""
        if before.attack != after.attack:
            raise NotExportable(Message("The edit of the attack cannot be exported as a program."))
        then, now = ({r.name(): r for r in e.regularizers} for e in (before, after))
        for kind in {**then, **now}:
            old, new = then.get(kind), now.get(kind)
            rule = new or old
            same = old is not None and new is not None and drop_strength(old) == drop_strength(new)
            if rule is not None and not same and (new is None or old is not None or not new.has_strength()):
                raise NotExportable(
                    Message("The edit of {title} cannot be exported as a program.", title=Term("part", rule.title()))
                )

    def write_module_changes(self, before: Experiment, after: Experiment) -> list[str]:
        """The lines that change attributes of the network's modules."""
        lines = []
        paths = self.model.list_module_paths()
        stages = self.model.network.stages
        for stage, old, new in zip(stages, before.network, after.network, strict=False):
            if old == new or stage.shared or stage.block.is_head:
                continue
            # Built with the first version: first brought to the version before this edit, then after it.
            old.update_live_fields(stage.module)
            seen = {id(module): dict(vars(module)) for module in stage.module.modules()}
            new.update_live_fields(stage.module)
            for module in stage.module.modules():
                lines += self.write_attribute_changes(module, seen[id(module)], paths[id(module)])
            # A block took the edit and no number of its modules changed: it acts in some way that has no line here.
            if not lines:
                raise NotExportable(
                    Message("The edit of {title} cannot be exported as a program.", title=Term("part", new.title()))
                )
        return lines

    def write_attribute_changes(self, module: nn.Module, before: dict[str, object], path: str) -> list[str]:
        """The assignments for attributes of a module whose numbers differ."""
        now = vars(module)
        return [
            f"{path}.{name} = {value!r}"
            for name, value in now.items()
            # Live fields are numbers; other attributes, such as caches, are not the edit's.
            if isinstance(value, int | float) and before.get(name) != value
        ]


def drop_strength(rule: Regularizer) -> dict[str, object]:
    """The fields of a rule without its strength."""
    return rule.model_dump(exclude={STRENGTH})
