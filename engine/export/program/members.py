"""An ensemble as source: what every network has of its own, and how all of them take their steps side by side."""

from __future__ import annotations

from engine.export.program.loop import IN, LoopWriter
from engine.export.program.method import inline_method

NAMES = {"member", "members", "ensemble", "Ensemble", "ensemble_loss"}


def write_member_state(loop: LoopWriter, seed: str = "SEED") -> list[str]:
    """The lines that make a member's own state: weights, loss, optimizer, order of the examples."""
    e = loop.experiment
    classes = ", train_y" if e.balance == "resampling" else ""
    lines = [
        f"model = network({'' if seed == 'SEED' else seed})",
        f"criterion = {loop.write_criterion()}",
        f"optimizer = {loop.write_optimizer()}",
    ]
    if loop.rules.uses_weights:
        lines.append(f"weights = [{', '.join(loop.model.list_penalized())}]  # no biases")
    for rule in loop.rules.rules:
        for name, layers, _ in loop.rules.split_by_strength(rule):
            if layers:
                lines.append(f"{name} = [{', '.join(loop.model.list_penalized(layers))}]  # of the chosen layers")
    if loop.rules.write_noise():
        lines.append("parameters = list(model.parameters())")
    order = loop.inliner.inline_name("engine.data.epochs", "Order")
    # Last, as `name_member_state` promises: loops over members take it by `*_, order`.
    return [*lines, f"order = {order}(train_x, targets, {seed}{classes})"]


def name_member_state(loop: LoopWriter) -> str:
    """The names of a member's state, the order of the examples last."""
    ruled = [name for rule in loop.rules.rules for name, layers, _ in loop.rules.split_by_strength(rule) if layers]
    names = [
        *(["seed"] if loop.experiment.augmentations else []),
        *("model", "criterion", "optimizer"),
        *(["weights"] if loop.rules.uses_weights else []),
        *ruled,
        *(["parameters"] if loop.rules.write_noise() else []),
        "order",
    ]
    return ", ".join(names)


def write_ensemble(loop: LoopWriter) -> list[str]:
    """The class of the ensemble and the function that makes a member; empty for a single network."""
    ensemble = loop.experiment.ensemble
    if ensemble is None:
        return []
    sample = inline_method(loop.inliner, ensemble, "sample", f"{ensemble.name()}_sample")
    classes = loop.data.source.task == "classification"
    shares = loop.experiment.loss.tasks == ("classification",)
    vote = ensemble.vote if classes else "mean"
    combined = loop.inliner.inline_name("engine.training.ensemble", "combine")
    seed_of, use, drawn = (
        loop.inliner.inline_name("engine.numerics.seeding", name) for name in ("seed_of", "MEMBER", "BOOTSTRAP")
    )
    together = [
        "class Ensemble(nn.Module):",
        f'{IN}"""The members, and what they say together."""',
        "",
        f"{IN}def __init__(self, members):",
        f"{IN}{IN}super().__init__()",
        f"{IN}{IN}self.members = nn.ModuleList(members)",
        "",
        f"{IN}def forward(self, x):",
        f'{IN}{IN}return {combined}(torch.stack([member(x) for member in self.members]), "{vote}", {shares})',
    ]
    member = [
        f"seed = {seed_of}(SEED, {use}, number) % 2**31",
        f"generator = torch.Generator().manual_seed({seed_of}(seed, {drawn}, 0))",
        f"own = {sample}(len(train_x), generator)",
        "train_x, train_y, targets = train_x[own], train_y[own], targets[own]",
        *write_member_state(loop, "seed"),
        f"return {name_member_state(loop)}",
    ]
    about = f'{IN}"""All that one member has of its own: seed, sample, first weights, loss, optimizer, order."""'
    made = ["def member(number, train_x, train_y, targets):", about, *(f"{IN}{line}" for line in member)]
    return ["\n".join(together) + "\n", "\n".join(made) + "\n"]


def write_members(loop: LoopWriter) -> list[str]:
    """The lines that make what is trained: one network, or all members and the ensemble of them."""
    ensemble = loop.experiment.ensemble
    if ensemble is None:
        return write_member_state(loop)
    index = name_member_state(loop).split(", ").index("model")
    return [
        f"members = [member(number, train_x, train_y, targets) for number in range({ensemble.members})]",
        f"ensemble = Ensemble([parts[{index}] for parts in members])",
        f"ensemble_loss = {loop.write_criterion()}",
        *(["order = members[0][-1]  # all are as long"] if loop.lr_moves else []),
    ]


def write_member_steps(loop: LoopWriter, before: list[str], lines: list[str]) -> list[str]:
    """A step of every member, each of `lines`, after what edits change (`before`); the loss is the mean of theirs.

    The batches lie one after the other in memory, as they do in the run: sums of numbers that lie otherwise are rounded
    otherwise, which some optimizers make much of.
    """
    names = name_member_state(loop)
    edits = [f"for {names} in members:", *(f"{IN}{line}" for line in before)] if before else []
    augmented = "taken = [augment(x, y, step, seed) for (x, y), (seed, *_) in zip(taken, members)]"
    each = f"x, y, ({names})"
    plain, numbered = (
        f"for {each} in zip(xs, ys, members):",
        f"for number, ({each}) in enumerate(zip(xs, ys, members)):",
    )
    head = numbered if loop.chancy else plain
    return [
        *edits,
        f"taken = [order.take({loop.batch}) for *_, order in members]",
        *([augmented] if loop.experiment.augmentations else []),
        "xs, ys = (torch.cat(part).chunk(len(members)) for part in zip(*taken))",
        "found = []  # the members' losses",
        head,
        *(f"{IN}{line}" if line else "" for line in lines),
        "losses.append(sum(found) / len(found))",
        "if not math.isfinite(losses[-1]):",
        f"{IN}break",
    ]
