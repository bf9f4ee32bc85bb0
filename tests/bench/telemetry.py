"""What full telemetry costs: seconds of computing per optimizer step, as a ratio to a plain torch loop.

Every arm trains the same network on the same batches with the same optimizer and evaluates the validation split after
each epoch. The arms take turns in one process, a slice each; the ratio is taken within a round, and its median over
the rounds is printed with its range. `null` is the plain loop measured a second time: an effect smaller than its
distance from 1 is no result. CPU time is counted, so that a busy machine does not count as overhead.

    plain       torch.optim as its constructor makes it, loss.item() each step
    fused       the same with fused=True where torch has it: what the playground's executor starts from
    telemetry   the playground's trainer, every probe, ten frames a second
    tensorboard the plain loop with add_histogram of the same quantities every 10 steps
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from torch.utils.tensorboard.writer import SummaryWriter

from engine.data.epochs import Order, evaluate
from engine.data.prepare import prepare
from engine.experiment.experiment import Experiment
from engine.network.build import build
from engine.training.clock import FrameClock
from engine.training.trainer import Trainer

PRESETS = Path(__file__).parents[2] / "assets" / "presets"
BARS = {"digits_mlp": 1.05, "digits_cnn": 1.05, "deep_tanh": 1.10}
SLICE, ROUNDS = 1.5, 7


def endless(name: str) -> Experiment:
    """A preset that does not end while it is measured."""
    experiment = Experiment.from_json((PRESETS / f"{name}.json").read_bytes())
    return experiment.model_copy(update={"epochs": 100_000, "steps": None, "device": "cpu"})


def plain(experiment: Experiment, fused: bool = False, log: Path | None = None) -> Iterator[int]:
    """A loop as one writes it by hand; each `next` is one step, and says so."""
    data = prepare(experiment)
    network = build(experiment, data.in_shape, data.source.outputs)
    loss_of = experiment.loss.build()
    cls = type(experiment.optimizer.build(network.parameters()))
    settings: dict[str, Any] = {**experiment.optimizer.settings, **({"fused": True} if fused else {})}
    optimizer = cls(network.parameters(), **settings)
    targets = experiment.loss.encode_targets(data.train_y, data.source.outputs)
    held = experiment.loss.encode_targets(data.validation_y, data.source.outputs)
    order = Order(data.train_x, targets, experiment.seed)
    writer = SummaryWriter(str(log)) if log else None
    step = epoch = 0
    while True:
        x, y = order.take(experiment.batch_size)
        step += 1
        logged = writer is not None and step % 10 == 0
        before = [p.detach().clone() for p in network.parameters()] if logged else []
        outputs, seen = network.observe(x) if logged else (network(x), ())
        loss = loss_of(outputs, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        loss.item()
        if writer is not None and logged:
            for index, (name, parameter) in enumerate(network.named_parameters()):
                writer.add_histogram(f"gradient/{name}", parameter.grad, step)
                writer.add_histogram(f"update/{name}", parameter.detach() - before[index], step)
            for stage, activations in zip(network.observed, seen, strict=True):
                writer.add_histogram(f"activation/{stage.name}", activations, step)
        if order.cursor >= order.count:
            evaluate(network, loss_of, data.validation_x, held, data.source.task)
            epoch += 1
            order.begin(epoch)
        if step % 40 == 0 and writer is not None:
            writer.flush()  # else its thread works inside the next arm's slice
        yield 1


def telemetry(experiment: Experiment) -> Iterator[int]:
    """The playground's own trainer, every probe at exactly ten frames a second, in the slices that a worker takes."""
    trainer = Trainer(experiment, FrameClock(0.1, adaptive=False))
    while True:
        before = trainer.step
        trainer.advance(deadline=time.perf_counter() + 0.02)
        yield trainer.step - before


def per_step(arm: Iterator[int], seconds: float) -> float:
    """CPU seconds a step over a slice of wall time."""
    steps, end, cpu = 0, time.perf_counter() + seconds, time.process_time()
    while time.perf_counter() < end:
        steps += next(arm)
    return (time.process_time() - cpu) / steps


def measure(name: str, rounds: int = ROUNDS, seconds: float = SLICE) -> dict[str, list[float]]:
    """Ratios to the plain loop, one a round, by arm."""
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    experiment = endless(name)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as log:
        makers: dict[str, Callable[[], Iterator[int]]] = {
            "plain": lambda: plain(experiment),
            "telemetry": lambda: telemetry(experiment),
            "null": lambda: plain(experiment),
            "fused": lambda: plain(experiment, fused=True),
            "tensorboard": lambda: plain(experiment, log=Path(log)),
        }
        arms = {key: make() for key, make in makers.items()}
        for arm in arms.values():
            per_step(arm, 0.3)  # warm-up
        ratios: dict[str, list[float]] = {key: [] for key in arms if key != "plain"}
        for turn in range(rounds):
            order = list(arms) if turn % 2 == 0 else list(arms)[::-1]
            cost = {key: per_step(arms[key], seconds) for key in order}
            for key in ratios:
                ratios[key].append(cost[key] / cost["plain"])
    return ratios


def main() -> None:
    """Prints one line an arm and network."""
    print(f"telemetry: CPU time a step against a plain loop, median of {ROUNDS} rounds (range)")
    for name, bar in BARS.items():
        for arm, ratios in measure(name).items():
            middle, verdict = statistics.median(ratios), ""
            if arm == "telemetry":
                verdict = f"  bar <= {bar:.2f}: {'met' if middle <= bar else 'MISSED'}"
            span = f"({min(ratios):.3f}-{max(ratios):.3f})"
            print(f"  {name:<11} {arm:<11} {middle:6.3f}  {span}{verdict}", flush=True)


if __name__ == "__main__":
    main()
