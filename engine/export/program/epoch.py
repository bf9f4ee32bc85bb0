"""The end of an epoch and the end of a run as source: what is measured there, and what follows from it."""

from __future__ import annotations

from engine.export.program.loop import IN, LoopWriter
from engine.export.program.members import name_member_state
from engine.training.divergence_monitor import ENOUGH


def write_epoch_end(loop: LoopWriter) -> list[str]:
    """The lines at the end of an epoch: evaluation, schedule, early stopping, divergence."""
    e = loop.experiment
    print_ = (
        f'print(f"epoch {{epoch}} · step {{len(losses)}} · train {{epoch_loss / order.count:.5g}} · '
        f'validation {{held:.5g}} · {loop.heads.write_metric()}")'
    )
    lines = [
        "epoch += 1",
        f"held, metric_ = {loop.heads.write_evaluation('validation', loop.whole, loop.measure)}",
        "validation_losses.append(held)",
        print_,
    ]
    if loop.epoch_factor:
        lines.append(f"epoch_factor = {loop.epoch_factor}")
    if any(rule.keeps_best for rule in loop.rules.rules):
        lines += [
            "if held < min(validation_losses[:-1], default=math.inf):",
            f"{IN}best = {{key: value.clone() for key, value in {loop.whole}.state_dict().items()}}",
            f'{IN}said = f"epoch {{epoch}}, with a validation loss of {{held:.4g}}"',
        ]
    for call in loop.rules.write_calls("should_stop_after", "validation_losses"):
        lines += [f"if {call}:", f"{IN}break"]
    if e.stopping.divergence:
        runs_away = loop.inliner.inline_name("engine.training.divergence", "runs_away")
        lines += [
            "mean = epoch_loss / order.count",
            f"first_loss = mean if epoch {'<= fresh' if loop.replay.weighs else '== 1'} else first_loss",
            f"if {runs_away}(first_loss, mean) or {write_divergence_test(loop)}:",
            f'{IN}print("It has diverged.")',
            f"{IN}break",
        ]
    begin = ["for *_, order in members:", f"{IN}order.begin(epoch)"] if loop.bagged else ["order.begin(epoch)"]
    return [*lines, "epoch_loss = 0.0", *begin]


def write_divergence_test(loop: LoopWriter) -> str:
    """The test whether an epoch's mean loss diverged: far above the first loss and the untrained network's."""
    names = ("runs_away", "compute_untrained_loss")
    runs_away, untrained_loss = (loop.inliner.inline_name("engine.training.divergence", name) for name in names)
    ensemble = loop.experiment.ensemble
    untrained = "network()"
    if ensemble is not None:
        made = f"member(number, train_x, train_y, targets)[{name_member_state(loop).split(', ').index('model')}]"
        untrained = f"Ensemble([{made} for number in range({ensemble.members})])"
    given = "torch.cat([targets, train_x.flatten(1)], 1)" if loop.heads.inputs else "targets"
    first, whole = "losses[0]", ""
    if loop.replay.weighs:  # with other weights of its ends the loss of step 1 is another
        first, whole = "losses[0] if fresh == 1 else 0.0", "epoch >= fresh and "
    look = f"{untrained_loss}({untrained}, {loop.measure}, train_x, {given})"
    return f"({whole}{runs_away}({first}, mean) and {runs_away}({look}, mean))"


def write_run_end(loop: LoopWriter) -> list[str]:
    """The lines after the last step: restored weights, final evaluation."""
    lines = []
    if loop.experiment.stopping.divergence:
        lines += [
            f"if epoch == 0 and order.cursor >= {ENOUGH}:",
            f"{IN}mean = epoch_loss / order.cursor",
            f"{IN}if {write_divergence_test(loop)}:",
            f'{IN}{IN}print("It has diverged.")',
        ]
    if any(rule.keeps_best for rule in loop.rules.rules):
        lines += [
            "if best is not None:",
            f"{IN}{loop.whole}.load_state_dict(best)",
            f'{IN}print(f"The weights are those of {{said}}.")',
        ]
    if loop.experiment.test:
        measured = loop.heads.write_evaluation("test", loop.whole, loop.measure)
        lines += [f"held, metric_ = {measured}", f'print(f"test: loss {{held:.5g}}, {loop.heads.write_metric()}")']
    return [*lines, f"return {loop.whole}, losses"]
