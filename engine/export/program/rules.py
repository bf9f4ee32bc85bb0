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


def list_overridden(part: object, family: type, known: Iterable[str]) -> list[str]:
    """The hooks of its family that a part overrides. Raises: NotExportable for one that the program has no line for."""
    methods = [n for n, f in vars(family).items() if callable(f) and not n.startswith("_") and n not in TOLD]
    own = [name for name in methods if getattr(type(part), name) is not getattr(family, name)]
    # A part with a hook that this exporter has never heard of must not lose its effect in silence.
    unknown = set(own) - set(known)
    if unknown:
        raise NotExportable(Message("{title} cannot be exported as a program.", title=Term("part", type(part).title())))  # type: ignore[attr-defined]
    return own


class RegularizerWriter:
    """Writes the regularizers of all versions of an experiment; strengths that an edit changes become variables."""

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
        # Layers with a λ of their own: the function takes it as an argument.
        shared = {kind for kind, rule in rules.items() if set(rule.multipliers.values()) - {1.0}}
        # An edit may raise a rule that the first version did not have; until then its λ is 0.
        self.moving = {kind for kind in rules if len(seen[kind]) > 1 or kind not in first} | shared
        self.variables = {k: float(get_coefficient(first.get(k))) for k in sorted(self.moving)}
        kept = [r for k, r in rules.items() if k in self.moving or not r.is_idle]
        self.rules = sorted(kept, key=lambda rule: rule.position_in_step)
        self.hooks = {rule.name(): list_overridden(rule, Regularizer, HOOKS) for rule in self.rules}

    def write_calls(self, hook: str, *arguments: str) -> list[str]:
        """Calls of a hook, for each rule that has it."""
        return [call for _, call in self.name_calls(hook, *arguments)]

    def name_calls(self, hook: str, *arguments: str) -> Iterator[tuple[str, str]]:
        """Calls of a hook, each with the name of the weights that it acts on."""
        for rule in self.rules:
            if hook in self.hooks[rule.name()] or (
                hook == "should_stop_after" and "should_stop" in self.hooks[rule.name()]
            ):
                name = inline_method(self.inliner, rule, hook, f"{rule.name()}_{hook}")
                for own, _, share in self.split_by_strength(rule):
                    given = [re.sub(r"\bweights\b", own, argument) for argument in arguments]
                    given += [f"{STRENGTH}={share}{rule.name()}"] if rule.name() in self.moving else []
                    yield own, f"{name}({', '.join(given)})"

    def split_by_strength(self, rule: Regularizer) -> list[tuple[str, tuple[str, ...], str]]:
        """What a rule acts on, an entry for each λ: the name of these weights, their layers, the multiple of λ."""
        if not rule.layer_names:
            return [("weights", (), "")]
        parts, name = rule.split_by_strength(), f"{rule.name()}_weights"
        shares = [rule.multipliers[part.layer_names[0]] for part in parts]
        return [
            (f"{name}_{number}" if len(parts) > 1 else name, part.layer_names, "" if share == 1 else f"{share!r} * ")
            for number, (part, share) in enumerate(zip(parts, shares, strict=True), 1)
        ]

    def write_noise(self) -> list[str]:
        """The lines that perturb the parameters while the gradient is computed."""
        return self.write_calls("perturb_", "parameters", "torch.default_generator")

    def write_gradient_rules(self) -> list[str]:
        """The lines between backward pass and step: penalties, noise, clipping."""
        own, few = ("[w for w in weights{}]", " if w.grad is not None") if self.idle else ("weights", "")
        added: list[str] = []
        for name, call in self.name_calls("add_gradient_", own.format(few), f"[w.grad for w in weights{few}]"):
            if self.idle and name != "weights":  # the output is among the weights of all layers, and gets a gradient
                added += [f"if any(w.grad is not None for w in {name}):", f"    {call}"]
            else:
                added.append(call)
        limited = self.write_calls("clip_", "[p.grad for p in model.parameters() if p.grad is not None]")
        return [*added, *limited]

    def write_constraints(self, turned: tuple[int, ...]) -> list[str]:
        """The lines that constrain the weights after the step; units of `turned` lie along axis 1."""
        upright = f"[w.transpose(0, 1) if i in {turned} else w for i, w in enumerate(weights)]" if turned else "weights"
        found = self.write_calls("constrain_", upright)
        return ["with torch.no_grad():", *(f"    {line}" for line in found)] if found else []

    @property
    def uses_weights(self) -> bool:
        """Whether a rule needs the list of weights without biases."""
        return any({"add_gradient_", "compute_penalty", "constrain_"} & set(hooks) for hooks in self.hooks.values())


def write_augmentation(experiment: Experiment, inliner: Inliner) -> str:
    """The function that augments a batch; empty without augmentations."""
    if not experiment.augmentations:
        return ""
    seed_of, use = (inliner.inline_name("engine.numerics.seeding", name) for name in ("seed_of", "AUGMENTATION"))
    bagged = experiment.ensemble is not None
    lines = [
        "def augment(x, y, step, seed):" if bagged else "def augment(x, y, step):",
        '    """The batch as training sees it; the chance of a step comes from the seed and the step alone."""',
        f"    generator = torch.Generator().manual_seed({seed_of}({'seed' if bagged else 'SEED'}, {use}, step))",
    ]
    for part in experiment.augmentations:
        list_overridden(part, Augmentation, ("expect", "class_caution", "apply"))
        lines.append(f"    x, y = {inline_method(inliner, part, 'apply', f'augment_{part.name()}')}(x, y, generator)")
    return "\n".join([*lines, "    return x, y"]) + "\n"


def write_schedule(experiment: Experiment, inliner: Inliner, changing: bool) -> tuple[str, str]:
    """The factor on the learning rate of a step, and the one of an epoch; "" for what stays 1. `changing`: edits of the
    batch size change the length of the run."""
    part = experiment.schedule
    if part.is_constant:
        return "", ""
    own = list_overridden(part, Schedule, ("compute_factor", "update_state", "compute_epoch_factor"))
    progress = inliner.inline_name("engine.parts.schedules", "ScheduleProgress")
    name = inline_method(inliner, part, "compute_factor", f"{part.name()}_factor")
    factor = f"{name}({progress}(step, epoch, total_steps{', spans' if changing else ''}))"
    if not {"update_state", "compute_epoch_factor"} & set(own):
        return factor, ""
    return (
        factor,
        f"{inline_method(inliner, part, 'compute_epoch_factor', f'{part.name()}_epoch_factor')}(validation_losses)",
    )
