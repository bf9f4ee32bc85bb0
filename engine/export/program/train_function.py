"""`train()` of an experiment as source, and the functions that it calls."""

from __future__ import annotations

from engine.export.program import epoch
from engine.export.program.loop import IN, LoopWriter
from engine.export.program.members import write_ensemble, write_member_steps, write_members
from engine.export.program.rules import write_augmentation


def write_training(loop: LoopWriter) -> list[str]:
    """The function `train`, and those that it calls."""
    e = loop.experiment
    limits = [*(["len(losses) < steps"]), *(["epoch < EPOCHS"] if e.epochs else [])]
    default = "STEPS" if e.steps else "math.inf"
    body = [
        *write_preparation(loop),
        f"while {' and '.join(limits)}:",
        *(f"{IN}{line}" if line else "" for line in write_step(loop)),
        f"{IN}epoch_loss += losses[-1] * len(x)",
        f"{IN}if order.cursor == order.count:",
        *(f"{IN}{IN}{line}" for line in epoch.write_epoch_end(loop)),
        *epoch.write_run_end(loop),
    ]
    for name in ("math", "torch", "nn"):
        loop.inliner.inline_name("engine.export.program.names", name)
    doc = '"""Trains the network; gives it back with the loss of every step."""'
    text = "\n".join([f"def train(steps={default}):", IN + doc, *(f"{IN}{line}" if line else "" for line in body)])
    augment = write_augmentation(e, loop.inliner)
    return [*([augment] if augment else []), *write_ensemble(loop), text + "\n"]


def write_preparation(loop: LoopWriter) -> list[str]:
    """The lines before the first step."""
    e, split = loop.experiment, loop.heads.list_split_names
    lines = [
        "torch.set_num_threads(1)  # sums over several threads come in another order",
        "torch.set_flush_denormal(True)",
        f"{split('train')}, {split('validation')}, {split('test') if e.test else '_'} = data()",
        *loop.write_targets(),
        *loop.heads.write_targets(),
        *write_members(loop),
    ]
    lines += [f"{kind} = {value!r}" for kind, value in loop.rules.variables.items()]
    if loop.lr_moves:
        lines.append(f"lr = {e.optimizer.settings['lr']!r}")
    if loop.epoch_factor:
        lines.append("epoch_factor = 1.0")
    if any(rule.keeps_best for rule in loop.rules.rules):
        lines.append("best = None")
    if loop.replay.batch_changes:
        lines.append("batch_size = BATCH_SIZE")
    if loop.replay.weighs:
        lines.append("fresh = 1  # the epoch with whose loss later ones are compared")
    if loop.lr_moves and loop.replay.batch_changes:
        lines.append("spans = ()  # from which step on the run was to be how long")
    elif loop.lr_moves:
        lines.append(loop.write_total_steps())
    return [*lines, "losses, validation_losses, epoch, epoch_loss = [], [], 0, 0.0"]


def write_step(loop: LoopWriter) -> list[str]:
    """The lines of one optimizer step."""
    before = list(loop.replay.lines)
    if loop.lr_moves and loop.replay.batch_changes:
        extend = loop.inliner.inline_name("engine.parts.schedules", "extend_spans")
        before += [loop.write_total_steps(), f"spans = {extend}(spans, step, total_steps)"]
    lines = [] if loop.bagged else [f"x, y = order.take({loop.batch})"]
    if loop.experiment.augmentations and not loop.bagged:
        lines.append("x, y = augment(x, y, step)")
    lines += loop.heads.write_reconstruction_target()
    if loop.lr_moves:
        factor = " * ".join(filter(None, [loop.factor, "epoch_factor" if loop.epoch_factor else ""]))
        lines += ["for group in optimizer.param_groups:", f'{IN}group["lr"] = lr * ({factor})']
    lines += loop.write_attack() + (
        loop.write_closure_step() if loop.experiment.optimizer.needs_closure else loop.write_plain_step()
    )
    return ["step = len(losses)", *(write_member_steps(loop, before, lines) if loop.bagged else [*before, *lines])]
