"""The end of an epoch and the end of a run as source: what is measured there, and what follows from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.script.loop import Loop

IN = "    "


def end_of_epoch(loop: Loop) -> list[str]:
    """What happens when every example has been seen."""
    e = loop.experiment
    print_ = (
        f'print(f"epoch {{epoch}} · step {{len(losses)}} · train {{epoch_loss / order.count:.5g}} · '
        f'validation {{held:.5g}} · {loop.ends.score()}")'
    )
    lines = [
        "epoch += 1",
        f"held, metric_ = {loop.ends.evaluated('validation', loop.whole, loop.measure)}",
        "validation_losses.append(held)",
        print_,
    ]
    if loop.epoch_factor:
        lines.append(f"epoch_factor = {loop.epoch_factor}")
    if any(rule.keeps_best for rule in loop.rules.rules):
        lines += [
            "if held < min(validation_losses[:-1], default=math.inf):",
            f"{IN}best = {{key: value.clone() for key, value in {loop.whole}.state_dict().items()}}",
        ]
    for call in loop.rules.calls("stops", "validation_losses"):
        lines += [f"if {call}:", f"{IN}break"]
    if e.stopping.divergence:
        lines += [
            f"first_loss = epoch_loss if epoch {'<= fresh' if loop.replay.weighs else '== 1'} else first_loss",
            "if not epoch_loss <= 3 * first_loss:  # it has diverged",
            f"{IN}break",
        ]
    begin = ["for *_, order in members:", f"{IN}order.begin(epoch)"] if loop.bagged else ["order.begin(epoch)"]
    return [*lines, "epoch_loss = 0.0", *begin]


def end_of_run(loop: Loop) -> list[str]:
    """What happens after the last step."""
    lines = []
    if any(rule.keeps_best for rule in loop.rules.rules):
        lines += ["if best is not None:", f"{IN}{loop.whole}.load_state_dict(best)"]
    if loop.experiment.test:
        measured = loop.ends.evaluated("test", loop.whole, loop.measure)
        lines += [f"held, metric_ = {measured}", f'print(f"test: loss {{held:.5g}}, {loop.ends.score()}")']
    return [*lines, f"return {loop.whole}, losses"]
