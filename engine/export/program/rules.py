"""Regularizers, augmentations and schedule of an experiment as lines of its training loop."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from engine.experiment.experiment import Experiment
from engine.export.program.inliner import Inliner
from engine.export.program.method import inline_method
from engine.export.program.not_exportable import NotExportable
from engine.message import Message, Term
from engine.parts.augmentations import Augmentation
from engine.parts.regularizers import STRENGTH, Regularizer, get_coefficient
from engine.parts.schedules import Schedule

HOOKS = (
    "perturb_",
    "add_gradient_",
    "compute_penalty",
    "clip_",
    "constrain_",
    "smooth_targets",
    "should_stop_after",
    "update_state",
    "should_stop",
)
TOLD = {"summary", "title", "name", "is_family"}


def overridden(part: object, family: type, known: Iterable[str]) -> list[str]:
    """Which methods of its family a part has of its own. Raises: NotExportable for one that no line is known for."""
    methods = [n for n, f in vars(family).items() if callable(f) and not n.startswith("_") and n not in TOLD]
    own = [name for name in methods if getattr(type(part), name) is not getattr(family, name)]
    unknown = set(own) - set(known)
    if unknown:
        raise NotExportable(Message("{title} cannot be exported as a program.", title=Term("part", type(part).title())))  # type: ignore[attr-defined]
    return own


class Rules:
    """The regularizers of every version of an experiment; those whose strength an edit changes are variables."""

    def __init__(self, versions: list[Experiment], inliner: Inliner) -> None:
        self.inliner = inliner
        self.idle = any(block.refers for block in versions[0].network)  # layers passed by may get no gradient
        first = {rule.name(): rule for rule in versions[0].regularizers}
        seen: dict[str, set[object]] = {}
        rules: dict[str, Regularizer] = {}
        for version in versions:
            for rule in version.regularizers:
                rules[rule.name()] = rules.get(rule.name(), rule)
                seen.setdefault(rule.name(), set()).add(rule.coefficient)
        shared = {kind for kind, rule in rules.items() if set(rule.multipliers.values()) - {1.0}}
        self.moving = {kind for kind in rules if len(seen[kind]) > 1 or kind not in first} | shared
        self.variables = {k: float(get_coefficient(first.get(k))) for k in sorted(self.moving)}
        kept = [r for k, r in rules.items() if k in self.moving or not r.is_idle]
        self.rules = sorted(kept, key=lambda rule: rule.position_in_step)
        self.hooks = {rule.name(): overridden(rule, Regularizer, HOOKS) for rule in self.rules}

    def calls(self, hook: str, *arguments: str) -> list[str]:
        """A call of this hook for each rule that has it."""
        return [call for _, call in self.name_calls(hook, *arguments)]

    def name_calls(self, hook: str, *arguments: str) -> Iterator[tuple[str, str]]:
        """The same, each after the name of the weights that it acts on."""
        for rule in self.rules:
            if hook in self.hooks[rule.name()] or (
                hook == "should_stop_after" and "should_stop" in self.hooks[rule.name()]
            ):
                name = inline_method(self.inliner, rule, hook, f"{rule.name()}_{hook}")
                for own, _, share in self.apart(rule):
                    given = [re.sub(r"\bweights\b", own, argument) for argument in arguments]
                    given += [f"{STRENGTH}={share}{rule.name()}"] if rule.name() in self.moving else []
                    yield own, f"{name}({', '.join(given)})"

    def apart(self, rule: Regularizer) -> list[tuple[str, tuple[str, ...], str]]:
        """What a rule acts on, one entry for each λ: the name for those weights, their layers, the multiple of λ."""
        if not rule.layer_names:
            return [("weights", (), "")]
        parts, name = rule.split_by_strength(), f"{rule.name()}_weights"
        shares = [rule.multipliers[part.layer_names[0]] for part in parts]
        return [
            (f"{name}_{place}" if len(parts) > 1 else name, part.layer_names, "" if share == 1 else f"{share!r} * ")
            for place, (part, share) in enumerate(zip(parts, shares, strict=True), 1)
        ]

    def noise(self) -> list[str]:
        """How the parameters are moved while the gradient is taken, and put back."""
        return self.calls("perturb_", "parameters", "torch.default_generator")

    def lines(self) -> list[str]:
        """What happens to the gradient between backward pass and step."""
        own, few = ("[w for w in weights{}]", " if w.grad is not None") if self.idle else ("weights", "")
        added: list[str] = []
        for name, call in self.name_calls("add_gradient_", own.format(few), f"[w.grad for w in weights{few}]"):
            if self.idle and name != "weights":  # the output is among the weights of all layers, and gets a gradient
                added += [f"if any(w.grad is not None for w in {name}):", f"    {call}"]
            else:
                added.append(call)
        limited = self.calls("clip_", "[p.grad for p in model.parameters() if p.grad is not None]")
        return [*added, *limited]

    def constraints(self, turned: tuple[int, ...]) -> list[str]:
        """What happens to the weights after the step; the units of some lie along the second axis."""
        upright = f"[w.transpose(0, 1) if i in {turned} else w for i, w in enumerate(weights)]" if turned else "weights"
        found = self.calls("constrain_", upright)
        return ["with torch.no_grad():", *(f"    {line}" for line in found)] if found else []

    @property
    def uses_weights(self) -> bool:
        """Whether the weights without biases are wanted by name."""
        return any({"add_gradient_", "compute_penalty", "constrain_"} & set(hooks) for hooks in self.hooks.values())


def augmentation(experiment: Experiment, inliner: Inliner) -> str:
    """The function that changes a batch, or nothing."""
    if not experiment.augmentations:
        return ""
    seed_of, use = (inliner.need("engine.numerics.seeding", name) for name in ("seed_of", "AUGMENTATION"))
    bagged = experiment.ensemble is not None
    lines = [
        "def augment(x, y, step, seed):" if bagged else "def augment(x, y, step):",
        '    """The batch as training sees it; the chance of a step comes from the seed and the step alone."""',
        f"    generator = torch.Generator().manual_seed({seed_of}({'seed' if bagged else 'SEED'}, {use}, step))",
    ]
    for part in experiment.augmentations:
        overridden(part, Augmentation, ("expect", "class_caution", "apply"))
        lines.append(f"    x, y = {inline_method(inliner, part, 'apply', f'augment_{part.name()}')}(x, y, generator)")
    return "\n".join([*lines, "    return x, y"]) + "\n"


def schedule(experiment: Experiment, inliner: Inliner, changing: bool) -> tuple[str, str]:
    """The factor on the learning rate of a step, and the one of an epoch; "" for what stays 1. `changing`: edits of the
    batch size change the length of the run."""
    part = experiment.schedule
    if part.is_constant:
        return "", ""
    own = overridden(part, Schedule, ("compute_factor", "update_state", "compute_epoch_factor"))
    progress = inliner.need("engine.parts.schedules", "ScheduleProgress")
    name = inline_method(inliner, part, "compute_factor", f"{part.name()}_factor")
    factor = f"{name}({progress}(step, epoch, total_steps{', spans' if changing else ''}))"
    if not {"update_state", "compute_epoch_factor"} & set(own):
        return factor, ""
    return (
        factor,
        f"{inline_method(inliner, part, 'compute_epoch_factor', f'{part.name()}_epoch_factor')}(validation_losses)",
    )
