"""The pieces of an experiment's training loop as source: only what this experiment needs stands in them."""

from __future__ import annotations

import torch

from engine.experiment.experiment import Experiment
from engine.export.program.construct import Constructions
from engine.export.program.data import Data
from engine.export.program.heads import Ends
from engine.export.program.inliner import Inliner
from engine.export.program.method import inline_method
from engine.export.program.model import Model
from engine.export.program.replay import Replay
from engine.export.program.rules import Rules, schedule
from engine.parts.losses import Loss

IN = "    "


class Loop:
    """What the lines of `train()` are made of, and what they depend on."""

    def __init__(self, data: Data, model: Model, ends: Ends, replay: Replay, inliner: Inliner) -> None:
        self.experiment: Experiment = replay.versions[0]
        self.data, self.model, self.ends, self.replay, self.inliner = data, model, ends, replay, inliner
        self.rules = Rules(replay.versions, inliner)
        self.made = Constructions()
        self.factor, self.epoch_factor = schedule(self.experiment, inliner, self.replay.batch_changes)
        self.draws = any(block.is_random for block in self.experiment.network) or bool(self.rules.noise())
        attack = self.experiment.attack
        self.attack = attack if attack is not None and attack.share > 0 else None
        self.lr_moves = bool(self.factor or self.epoch_factor)
        self.chancy = self.draws or self.attack is not None
        self.bagged = self.experiment.ensemble is not None
        self.whole, self.measure = ("ensemble", "ensemble_loss") if self.bagged else ("model", "criterion")

    def criterion(self) -> str:
        """The loss as a module."""
        module = self.made.watch(self.experiment.loss.build)
        plain = self.made.source(module, self.inliner)
        if self.experiment.balance == "weights":
            weighted, weights = (
                self.inliner.need("engine.data.targets", name)
                for name in ("ClassWeightedLoss", "compute_class_weights")
            )
            plain = f"{weighted}({plain}, {weights}(train_y, {self.data.source.outputs}))"
        return self.ends.criterion(plain, module, self.made)

    def optimizer(self) -> str:
        """The optimizer, with the settings that are written into its groups afterwards."""
        part = self.experiment.optimizer
        stand_in = list(self.model.network.parameters())
        made = self.made.watch(lambda: part.build(stand_in))
        first = next(iter(self.made.arguments[id(made)]))
        group, given = made.param_groups[0], self.made.arguments[id(made)]
        more = {k: v for k, v in part.settings.items() if k not in given and group.get(k, v) != v}
        more |= {k: v for k, v in part.settings.items() if k in given and given[k] != v}
        theirs = type(made).__module__.startswith("torch.")
        return self.made.source(
            made, self.inliner, {first: "model.parameters()" if theirs else "list(model.parameters())"}, **more
        )

    def targets(self) -> list[str]:
        """How targets become what the loss wants, for training and where it is only measured."""
        part, outputs = self.experiment.loss, self.data.source.outputs
        changes = []
        as_loss = "{}"
        if type(part).encode_targets is not Loss.encode_targets:
            sample = torch.zeros(1, dtype=torch.long)
            trivial = part.encode_targets(sample, outputs) is sample
            as_loss = (
                "{}"
                if trivial
                else f"{inline_method(self.inliner, part, 'encode_targets', f'{part.name()}_targets')}({{}}, {outputs})"
            )
        elif self.data.source.task == "classification":
            as_loss = (
                f"{inline_method(self.inliner, part, 'encode_targets', f'{part.name()}_targets')}({{}}, {outputs})"
            )
        said = as_loss.format("train_y")
        soft = self.rules.calls("smooth_targets", "targets")
        mixed = any(part.mixes for part in self.experiment.augmentations)
        changes.append(f"targets = {said}")
        if (soft or mixed) and self.data.source.task == "classification" and as_loss == "{}":
            changes.append(f"targets = nn.functional.one_hot(targets, {outputs}).to(torch.float32)")
        changes += [f"targets = {call}" for call in soft]
        if as_loss != "{}":
            changes.append(f"validation_y = {as_loss.format('validation_y')}")
            if self.experiment.test:
                changes.append(f"test_y = {as_loss.format('test_y')}")
        return changes

    @property
    def batch(self) -> str:
        """The batch size as source."""
        return "batch_size" if self.replay.batch_changes else "BATCH_SIZE"

    def total(self) -> str:
        """How many steps the whole run takes, which a schedule may want to know."""
        e = self.experiment
        by_epochs = f"EPOCHS * order.count_steps({self.batch})"
        if self.replay.batch_changes:
            left = f"step + order.count_steps_left({self.batch})"
            by_epochs = f"{left} + (EPOCHS - epoch - 1) * order.count_steps({self.batch})"
        both = f"min(STEPS, {by_epochs})" if e.epochs and e.steps else "STEPS" if e.steps else by_epochs
        return f"total_steps = {both}"

    def chance(self) -> str:
        """The seed of a step's dropout and noise as source."""
        seed_of, dropout = (self.inliner.need("engine.numerics.seeding", name) for name in ("seed_of", "DROPOUT"))
        seed = f"{seed_of}(SEED, {dropout}, step)"
        if not self.bagged:
            return seed
        return f"{seed_of}({seed}, {self.inliner.need('engine.numerics.seeding', 'MEMBER')}, place)"

    def record(self, value: str) -> list[str]:
        """The loss is noted; the step ends here if it is not finite."""
        name, end = ("found", "continue") if self.bagged else ("losses", "break")
        return [f"{name}.append({value})", f"if not math.isfinite({name}[-1]):", f"{IN}{end}"]

    def gradient(self) -> list[str]:
        """Loss and gradient of a batch."""
        lines = []
        if self.draws:
            lines.append(f"torch.manual_seed({self.chance()})  # for dropout and noise")
        if self.rules.noise():
            lines += ["kept = [p.detach().clone() for p in parameters]", "with torch.no_grad():"]
            lines += [f"{IN}{line}" for line in self.rules.noise()]
        lines.append("loss = criterion(model(x), y)")
        if self.attack:
            share = self.attack.share
            lines.append(f"loss = {1 - share!r} * loss + {share!r} * criterion(model(attacked), y)")
        return lines

    def perturb(self) -> list[str]:
        """The batch as the attack leaves it, made at the weights as they are before the step."""
        if not self.attack:
            return []
        need = self.inliner.need
        seed_of, use = (need("engine.numerics.seeding", name) for name in ("seed_of", "ATTACK"))
        slope = need("engine.training.adversary", "input_gradient")
        made = inline_method(self.inliner, self.attack, "attack", f"{self.attack.name()}_attack")
        return [
            f"generator = torch.Generator().manual_seed({seed_of}({self.chance()}, {use}, 0))",
            "model.eval()",
            f"attacked = {made}(x, {slope}(model, criterion, y), generator)",
            "model.train()",
        ]

    def restore(self) -> list[str]:
        """The parameters without the noise under which the gradient was taken."""
        back = ["with torch.no_grad():", f"{IN}torch._foreach_copy_(parameters, kept)"]
        return back if self.rules.noise() else []

    def step_once(self) -> list[str]:
        """A step of an optimizer that takes the gradient it is given."""
        lines = self.rules.lines()
        return [
            *self.gradient(),
            *self.record("loss.item()"),
            "optimizer.zero_grad()",
            "loss.backward()",
            *self.restore(),
            *(["with torch.no_grad():", *(f"{IN}{line}" for line in lines)] if lines else []),
            "optimizer.step()",
            *self.rules.constraints(self.model.network.transposed_weights),
        ]

    def step_by_closure(self) -> list[str]:
        """A step of an optimizer that asks for gradients where it likes."""
        lines = self.rules.lines()
        penalties = " + ".join(self.rules.calls("compute_penalty", "weights")) or "0.0"
        if_finite = "if math.isfinite(value):"
        regularized = ["with torch.no_grad():", *(f"{IN}{line}" for line in lines)] if lines else []
        apart = [if_finite] if self.rules.noise() and lines else []  # the noise goes before anything is added
        inner = [
            *self.gradient(),
            "value = loss.item()",
            if_finite,
            f"{IN}optimizer.zero_grad()",
            f"{IN}loss.backward()",
            *self.restore(),
            *apart,
            *(f"{IN}{line}" for line in regularized),
            "return value",
        ]
        step = self.inliner.need("engine.training.closure_step", "step_by_closure")
        return [
            "",
            "def gradient():",
            *(f"{IN}{line}" for line in inner),
            "",
            f"value = {step}(optimizer, list(model.buffers()), gradient, lambda: {penalties})",
            *self.rules.constraints(self.model.network.transposed_weights),
            *self.record("value")[: 1 if self.bagged else None],
        ]
