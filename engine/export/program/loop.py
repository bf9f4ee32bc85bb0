"""The pieces of an experiment's training loop as source: only what this experiment needs stands in them."""

from __future__ import annotations

import torch

from engine.experiment.experiment import Experiment
from engine.export.program.construct import Constructions
from engine.export.program.data import DataWriter
from engine.export.program.heads import HeadsWriter
from engine.export.program.inliner import Inliner
from engine.export.program.method import inline_method
from engine.export.program.model import ModelWriter
from engine.export.program.replay import EditReplay
from engine.export.program.rules import RegularizerWriter, write_schedule
from engine.parts.losses import Loss

IN = "    "


class LoopWriter:
    """Writes the pieces of `train()`."""

    def __init__(
        self, data: DataWriter, model: ModelWriter, heads: HeadsWriter, replay: EditReplay, inliner: Inliner
    ) -> None:
        self.experiment: Experiment = replay.versions[0]
        self.data, self.model, self.heads, self.replay, self.inliner = data, model, heads, replay, inliner
        self.rules = RegularizerWriter(replay.versions, inliner)
        self.made = Constructions()
        self.factor, self.epoch_factor = write_schedule(self.experiment, inliner, self.replay.batch_changes)
        self.draws = any(block.is_random for block in self.experiment.network) or bool(self.rules.write_noise())
        attack = self.experiment.attack
        self.attack = attack if attack is not None and attack.share > 0 else None
        self.lr_moves = bool(self.factor or self.epoch_factor)
        self.chancy = self.draws or self.attack is not None
        self.bagged = self.experiment.ensemble is not None
        self.whole, self.measure = ("ensemble", "ensemble_loss") if self.bagged else ("model", "criterion")

    def write_criterion(self) -> str:
        """The loss module as source."""
        module = self.made.record(self.experiment.loss.build)
        plain = self.made.write_call(module, self.inliner)
        if self.experiment.balance == "weights":
            weighted, weights = (
                self.inliner.inline_name("engine.data.targets", name)
                for name in ("ClassWeightedLoss", "compute_class_weights")
            )
            plain = f"{weighted}({plain}, {weights}(train_y, {self.data.source.outputs}))"
        return self.heads.write_criterion(plain, module, self.made)

    def write_optimizer(self) -> str:
        """The optimizer as source, with the settings that are set on its groups afterwards."""
        part = self.experiment.optimizer
        stand_in = list(self.model.network.parameters())
        made = self.made.record(lambda: part.build(stand_in))
        # The first argument of every optimizer is its parameters.
        first = next(iter(self.made.arguments[id(made)]))
        group, given = made.param_groups[0], self.made.arguments[id(made)]
        # The trainer writes all settings into the groups; the program does where the constructor would not.
        more = {k: v for k, v in part.settings.items() if k not in given and group.get(k, v) != v}
        more |= {k: v for k, v in part.settings.items() if k in given and given[k] != v}
        theirs = type(made).__module__.startswith("torch.")
        return self.made.write_call(
            made, self.inliner, {first: "model.parameters()" if theirs else "list(model.parameters())"}, **more
        )

    def write_targets(self) -> list[str]:
        """The lines that turn targets into what the loss expects, for training and for evaluation."""
        part, outputs = self.experiment.loss, self.data.source.outputs
        changes = []
        as_loss = "{}"
        if type(part).encode_targets is not Loss.encode_targets:
            # An override that hands its argument through needs no line.
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
        soft = self.rules.write_calls("smooth_targets", "targets")
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

    def write_total_steps(self) -> str:
        """The number of steps of the whole run as source, for schedules."""
        e = self.experiment
        by_epochs = f"EPOCHS * order.count_steps({self.batch})"
        if self.replay.batch_changes:
            left = f"step + order.count_steps_left({self.batch})"
            by_epochs = f"{left} + (EPOCHS - epoch - 1) * order.count_steps({self.batch})"
        both = f"min(STEPS, {by_epochs})" if e.epochs and e.steps else "STEPS" if e.steps else by_epochs
        return f"total_steps = {both}"

    def write_step_seed(self) -> str:
        """The seed of a step's dropout and noise as source."""
        seed_of, dropout = (
            self.inliner.inline_name("engine.numerics.seeding", name) for name in ("seed_of", "DROPOUT")
        )
        seed = f"{seed_of}(SEED, {dropout}, step)"
        if not self.bagged:
            return seed
        return f"{seed_of}({seed}, {self.inliner.inline_name('engine.numerics.seeding', 'MEMBER')}, number)"

    def write_loss_record(self, value: str) -> list[str]:
        """The lines that record the loss and end the run if it is not finite."""
        name, end = ("found", "continue") if self.bagged else ("losses", "break")
        return [f"{name}.append({value})", f"if not math.isfinite({name}[-1]):", f"{IN}{end}"]

    def write_gradient(self) -> list[str]:
        """The lines that compute loss and gradient of a batch."""
        lines = []
        if self.draws:
            lines.append(f"torch.manual_seed({self.write_step_seed()})  # for dropout and noise")
        if self.rules.write_noise():
            lines += ["kept = [p.detach().clone() for p in parameters]", "with torch.no_grad():"]
            lines += [f"{IN}{line}" for line in self.rules.write_noise()]
        lines.append("loss = criterion(model(x), y)")
        if self.attack:
            share = self.attack.share
            lines.append(f"loss = {1 - share!r} * loss + {share!r} * criterion(model(attacked), y)")
        return lines

    def write_attack(self) -> list[str]:
        """The line that attacks the batch, at the weights before the step."""
        if not self.attack:
            return []
        need = self.inliner.inline_name
        seed_of, use = (need("engine.numerics.seeding", name) for name in ("seed_of", "ATTACK"))
        slope = need("engine.training.adversary", "input_gradient")
        made = inline_method(self.inliner, self.attack, "attack", f"{self.attack.name()}_attack")
        return [
            f"generator = torch.Generator().manual_seed({seed_of}({self.write_step_seed()}, {use}, 0))",
            "model.eval()",
            f"attacked = {made}(x, {slope}(model, criterion, y), generator)",
            "model.train()",
        ]

    def write_noise_removal(self) -> list[str]:
        """The line that removes the noise under which the gradient was computed."""
        back = ["with torch.no_grad():", f"{IN}torch._foreach_copy_(parameters, kept)"]
        return back if self.rules.write_noise() else []

    def write_plain_step(self) -> list[str]:
        """The lines of a step for an optimizer that takes one gradient."""
        lines = self.rules.write_gradient_rules()
        return [
            *self.write_gradient(),
            *self.write_loss_record("loss.item()"),
            "optimizer.zero_grad()",
            "loss.backward()",
            *self.write_noise_removal(),
            *(["with torch.no_grad():", *(f"{IN}{line}" for line in lines)] if lines else []),
            "optimizer.step()",
            *self.rules.write_constraints(self.model.network.transposed_weights),
        ]

    def write_closure_step(self) -> list[str]:
        """The lines of a step for an optimizer that evaluates a closure, as L-BFGS does."""
        lines = self.rules.write_gradient_rules()
        penalties = " + ".join(self.rules.write_calls("compute_penalty", "weights")) or "0.0"
        if_finite = "if math.isfinite(value):"
        regularized = ["with torch.no_grad():", *(f"{IN}{line}" for line in lines)] if lines else []
        apart = [if_finite] if self.rules.write_noise() and lines else []  # the noise goes before anything is added
        inner = [
            *self.write_gradient(),
            "value = loss.item()",
            if_finite,
            f"{IN}optimizer.zero_grad()",
            f"{IN}loss.backward()",
            *self.write_noise_removal(),
            *apart,
            *(f"{IN}{line}" for line in regularized),
            "return value",
        ]
        step = self.inliner.inline_name("engine.training.closure_step", "step_by_closure")
        return [
            "",
            "def gradient():",
            *(f"{IN}{line}" for line in inner),
            "",
            f"value = {step}(optimizer, list(model.buffers()), gradient, lambda: {penalties})",
            *self.rules.write_constraints(self.model.network.transposed_weights),
            *self.write_loss_record("value")[: 1 if self.bagged else None],
        ]
