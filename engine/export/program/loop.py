"""The training loop of an experiment as source: only what this experiment needs stands in it."""

from __future__ import annotations

from engine.experiment.experiment import Experiment
from engine.export.program import epoch
from engine.export.program.construct import Constructions
from engine.export.program.data import Data
from engine.export.program.heads import Ends
from engine.export.program.inliner import Inliner
from engine.export.program.members import definitions, gathered, of_member, side_by_side
from engine.export.program.model import Model
from engine.export.program.replay import Replay
from engine.export.program.rules import Rules, augmentation, schedule
from engine.network.weights import turned
from engine.parts.losses import Loss
from engine.training.members import chosen

IN = "    "


class Loop:
    """`train()` and the functions that it calls."""

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
        self.bagged = chosen(self.experiment) is not None
        self.whole, self.measure = ("ensemble", "ensemble_loss") if self.bagged else ("model", "criterion")

    def criterion(self) -> str:
        """The loss as a module."""
        module = self.made.watch(self.experiment.loss.build)
        plain = self.made.source(module, self.inliner)
        if self.experiment.balance == "weights":
            weighted, weights = (
                self.inliner.need("engine.data.targets", name) for name in ("Weighted", "class_weights")
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
        more = {k: v for k, v in part.settings().items() if k not in given and group.get(k, v) != v}
        more |= {k: v for k, v in part.settings().items() if k in given and given[k] != v}
        theirs = type(made).__module__.startswith("torch.")
        return self.made.source(
            made, self.inliner, {first: "model.parameters()" if theirs else "list(model.parameters())"}, **more
        )

    def targets(self) -> list[str]:
        """How targets become what the loss wants, for training and where it is only measured."""
        part, outputs = self.experiment.loss, self.data.source.outputs
        changes = []
        as_loss = "{}"
        if type(part).targets is not Loss.targets:
            trivial = part.name() == "cross_entropy"
            as_loss = (
                "{}"
                if trivial
                else f"{self.inliner.method(part, 'targets', f'{part.name()}_targets')}({{}}, {outputs})"
            )
        elif self.data.source.task == "classification":
            as_loss = f"{self.inliner.method(part, 'targets', f'{part.name()}_targets')}({{}}, {outputs})"
        said = as_loss.format("train_y")
        soft = self.rules.calls("soften", "targets")
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

    def begin(self) -> list[str]:
        """Everything before the first step."""
        e, split = self.experiment, self.ends.split
        lines = [
            "torch.set_num_threads(1)  # sums over several threads come in another order",
            "torch.set_flush_denormal(True)",
            f"{split('train')}, {split('validation')}, {split('test') if e.test else '_'} = data()",
            *self.targets(),
            *self.ends.targets(),
            *gathered(self),
        ]
        lines += [f"{kind} = {value!r}" for kind, value in self.rules.variables.items()]
        if self.lr_moves:
            lines.append(f"lr = {e.optimizer.settings()['lr']!r}")
        if self.epoch_factor:
            lines.append("epoch_factor = 1.0")
        if any(rule.keeps_best for rule in self.rules.rules):
            lines.append("best = None")
        if self.replay.batch_changes:
            lines.append("batch_size = BATCH_SIZE")
        if self.replay.weighs:
            lines.append("fresh = 1  # the epoch with whose loss later ones are compared")
        if self.lr_moves and self.replay.batch_changes:
            lines.append("spans = ()  # from which step on the run was to be how long")
        elif self.lr_moves:
            lines.append(self.total())
        return [*lines, "losses, validation_losses, epoch, epoch_loss = [], [], 0, 0.0"]

    @property
    def batch(self) -> str:
        """The batch size as source."""
        return "batch_size" if self.replay.batch_changes else "BATCH_SIZE"

    def total(self) -> str:
        """How many steps the whole run takes, which a schedule may want to know."""
        e = self.experiment
        by_epochs = f"EPOCHS * order.steps_per_epoch({self.batch})"
        if self.replay.batch_changes:
            left = f"step + order.steps_left({self.batch})"
            by_epochs = f"{left} + (EPOCHS - epoch - 1) * order.steps_per_epoch({self.batch})"
        both = f"min(STEPS, {by_epochs})" if e.epochs and e.steps else "STEPS" if e.steps else by_epochs
        return f"total_steps = {both}"

    def step(self) -> list[str]:
        """One optimizer step."""
        before = list(self.replay.lines)
        if self.lr_moves and self.replay.batch_changes:
            lengthened = self.inliner.need("engine.parts.schedules", "lengthened")
            before += [self.total(), f"spans = {lengthened}(spans, step, total_steps)"]
        lines = [] if self.bagged else [f"x, y = order.take({self.batch})"]
        if self.experiment.augmentations and not self.bagged:
            lines.append("x, y = augment(x, y, step)")
        lines += self.ends.joined()
        if self.lr_moves:
            factor = " * ".join(filter(None, [self.factor, "epoch_factor" if self.epoch_factor else ""]))
            lines += ["for group in optimizer.param_groups:", f'{IN}group["lr"] = lr * ({factor})']
        lines += self.attacked() + (self.asked() if self.experiment.optimizer.needs_closure else self.given())
        return ["step = len(losses)", *(side_by_side(self, before, lines) if self.bagged else [*before, *lines])]

    def chance(self) -> str:
        """The seed of a step's dropout and noise as source."""
        need = self.inliner.need
        seed = f"{need('engine.numerics.seeding', 'seed_of')}(SEED, {need('engine.numerics.seeding', 'DROPOUT')}, step)"
        return of_member(self, seed) if self.bagged else seed

    def recorded(self, value: str) -> list[str]:
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

    def attacked(self) -> list[str]:
        """The batch as the attack leaves it, made at the weights as they are before the step."""
        if not self.attack:
            return []
        need = self.inliner.need
        seed_of, use = (need("engine.numerics.seeding", name) for name in ("seed_of", "ATTACK"))
        slope = need("engine.training.adversary", "slope")
        made = self.inliner.method(self.attack, "attack", f"{self.attack.name()}_attack")
        return [
            f"generator = torch.Generator().manual_seed({seed_of}({self.chance()}, {use}, 0))",
            "model.eval()",
            f"attacked = {made}(x, {slope}(model, criterion, y), generator)",
            "model.train()",
        ]

    def restored(self) -> list[str]:
        """The parameters without the noise under which the gradient was taken."""
        back = ["with torch.no_grad():", f"{IN}torch._foreach_copy_(parameters, kept)"]
        return back if self.rules.noise() else []

    def given(self) -> list[str]:
        """A step of an optimizer that takes the gradient it is given."""
        lines = self.rules.lines()
        return [
            *self.gradient(),
            *self.recorded("loss.item()"),
            "optimizer.zero_grad()",
            "loss.backward()",
            *self.restored(),
            *(["with torch.no_grad():", *(f"{IN}{line}" for line in lines)] if lines else []),
            "optimizer.step()",
            *self.rules.constraints(turned(self.model.network)),
        ]

    def asked(self) -> list[str]:
        """A step of an optimizer that asks for gradients where it likes."""
        lines = self.rules.lines()
        penalties = " + ".join(self.rules.calls("penalty", "weights"))
        penalized = f"seen[-1] + ({penalties})" if penalties else "seen[-1]"
        inner = [
            *self.gradient(),
            "seen.append(loss.item())",
            "optimizer.zero_grad()",
            "if math.isfinite(seen[-1]):",
            f"{IN}loss.backward()",
            *([*self.restored(), "if math.isfinite(seen[-1]):"] if lines and self.rules.noise() else self.restored()),
            *([f"{IN}with torch.no_grad():", *(f"{IN}{IN}{line}" for line in lines)] if lines else []),
            f"return math.inf if math.isnan(seen[-1]) else {penalized}",
        ]
        buffers = any(True for _ in self.model.network.buffers())
        keep = ["if not seen:", f"{IN}statistics.extend(b.clone() for b in model.buffers())"]
        if buffers:  # the first point's running statistics count
            place = inner.index("seen.append(loss.item())")
            inner[place:place] = keep
        back = ["for buffer, first in zip(model.buffers(), statistics):", f"{IN}buffer.copy_(first)"]
        return [
            "seen, statistics = [], []" if buffers else "seen = []",
            "",
            "def closure():",
            *(f"{IN}{line}" for line in inner),
            "",
            "optimizer.step(closure)",
            *(back if buffers else []),
            *self.rules.constraints(turned(self.model.network)),
            *self.recorded("seen[0]")[: 1 if self.bagged else None],
        ]

    def functions(self) -> list[str]:
        """Everything that trains."""
        e = self.experiment
        limits = [*(["len(losses) < steps"]), *(["epoch < EPOCHS"] if e.epochs else [])]
        default = "STEPS" if e.steps else "math.inf"
        body = [
            *self.begin(),
            f"while {' and '.join(limits)}:",
            *(f"{IN}{line}" if line else "" for line in self.step()),
            f"{IN}epoch_loss += losses[-1] * len(x)",
            f"{IN}if order.cursor == order.count:",
            *(f"{IN}{IN}{line}" for line in epoch.end_of_epoch(self)),
            *epoch.end_of_run(self),
        ]
        for name in ("math", "torch", "nn"):
            self.inliner.need("engine.export.program.names", name)
        doc = '"""Trains the network; gives it back with the loss of every step."""'
        text = "\n".join([f"def train(steps={default}):", IN + doc, *(f"{IN}{line}" if line else "" for line in body)])
        augment = augmentation(e, self.inliner)
        return [*([augment] if augment else []), *definitions(self), text + "\n"]
