"""The ends of a network as source: what the heads learn, how targets stand side by side, and the sum of the losses."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from engine.data.prepare import Prepared
from engine.examples import Task
from engine.experiment.experiment import Experiment
from engine.export.program.construct import Constructions
from engine.export.program.inliner import Inliner
from engine.export.program.method import inline_method
from engine.export.program.model import ModelWriter
from engine.numerics.metrics import compute_metric
from engine.parts.aspects import Aspect
from engine.training.heads import list_heads


@torch.no_grad()
def score(network: nn.Module, loss: nn.Module, x: Tensor, y: Tensor, task: Task, width: int) -> tuple[float, float]:
    """Loss J of a split in evaluation mode, and the metric of the output, the first of the heads."""
    network.eval()
    loss.eval()
    outputs = torch.cat([network(piece) for piece in torch.split(x, 2048)])
    found = float(loss(outputs, y))
    network.train()
    loss.train()
    return found, float(compute_metric(outputs[:, :width], y[:, :width], task))


class HeadsWriter:
    """Writes what several heads need; everything is empty for a network with the output alone."""

    def __init__(self, experiment: Experiment, prepared: Prepared, model: ModelWriter, inliner: Inliner) -> None:
        self.experiment, self.prepared, self.model, self.inliner = experiment, prepared, model, inliner
        self.several = bool(model.network.head_positions)
        self.inputs = any(model.network.stages[index].block.reconstructs for index in model.network.head_positions)
        self.goals = bool(prepared.goals)

    def list_split_names(self, name: str) -> str:
        """The names that a split is unpacked into: inputs, targets, targets of the heads."""
        return f"({name}_x, {name}_y{f', *{name}_goals' if self.goals else ''})"

    def write_targets(self) -> list[str]:
        """The lines that put the targets of all heads side by side; inputs to reconstruct join them batch by batch."""
        if not self.several:
            return []
        rows, outputs = (
            self.inliner.inline_name("engine.training.heads", "reshape_to_rows"),
            self.prepared.source.outputs,
        )
        splits = ["train", "validation", *(["test"] if self.experiment.test else [])]
        widths = list(self.prepared.heads.values())
        lines = []
        for name in splits:
            main = "targets" if name == "train" else f"{name}_y"
            beside = [f"{rows}({name}_goals[{index}], {width})" for index, width in enumerate(widths)]
            beside += [f"{name}_x.flatten(1)"] if self.inputs and name != "train" else []
            first = f"{rows}({main}, {outputs})"
            lines.append(f"{main} = " + (f"torch.cat([{', '.join([first, *beside])}], 1)" if beside else first))
        return lines

    def write_reconstruction_target(self) -> list[str]:
        """The line that adds a batch's inputs to its targets, for a reconstruction."""
        return ["y = torch.cat([y, x.flatten(1)], 1)  # the input itself is a target too"] if self.inputs else []

    def write_criterion(self, main: str, module: nn.Module, made: Constructions) -> str:
        """The loss of all heads as source; that of the output where there is no other."""
        if not self.several:
            return main
        ends = made.record(lambda: list_heads(self.experiment, self.prepared, self.model.network, module))
        losses = [main, *(made.write_call(end.loss, self.inliner) for end in ends[1:])]
        columns = [[write_slice(getattr(end, name)) for end in ends] for name in ("outputs", "targets")]
        lists = [
            ", ".join(losses),
            ", ".join(map(repr, self.list_loss_weights(self.experiment))),
            *map(", ".join, columns),
        ]
        inner = "".join(f"        [{one}],\n" for one in lists)
        name = self.inliner.inline_name("engine.training.sum_of_losses", "SumOfLosses")
        return f"{name}(  # losses, weights, columns of outputs and of targets\n{inner}    )"

    def list_loss_weights(self, experiment: Experiment) -> list[float]:
        """The weight of each head's loss, the output first."""
        indices = self.model.network.head_positions
        return [experiment.output_weight, *(experiment.network[index].loss_weight for index in indices)]

    def write_reweighting(self, before: Experiment, after: Experiment) -> list[str]:
        """The lines for an edit of these weights; it makes another loss, with which earlier epochs do not compare."""
        old, new = self.list_loss_weights(before), self.list_loss_weights(after)
        if old == new:
            return []
        own = [f"criterion.weights[{index}] = {new[index]!r}" for index in range(len(new)) if old[index] != new[index]]
        return [*(own if self.several else []), *(["fresh = epoch + 2"] if before.stopping.divergence else [])]

    def write_metric(self) -> str:
        """The metric as it is printed."""
        if self.prepared.source.task == "classification":
            return "accuracy {metric_:.4f}"
        return f"R² {{{self.inliner.inline_name('engine.data.epochs', 'format_metric')}(metric_)}}"

    def write_evaluation(self, name: str, model: str, measure: str) -> str:
        """The call that evaluates loss and metric of a split."""
        task = self.prepared.source.task
        given = f'{model}, {measure}, {name}_x, {name}_y, "{task}"'
        if not self.several:
            return f"{self.inliner.inline_name('engine.data.epochs', 'evaluate')}({given})"
        return f"{self.inliner.inline_name(__name__, 'score')}({given}, {self.prepared.source.outputs})"


def write_slice(columns: slice) -> str:
    """A slice as source."""
    return f"slice({columns.start}, {columns.stop})"


def list_aspects(experiment: Experiment) -> list[Aspect]:
    """What the heads learn, in the order of the network."""
    return [block.aspect for block in experiment.network if block.aspect is not None]


def write_goals(experiment: Experiment, inliner: Inliner) -> list[str]:
    """The lines of `data()` that compute the heads' targets; empty without heads."""
    if not list_aspects(experiment):
        return []
    replace = inliner.inline_name("engine.export.program.names", "replace")
    lines = [f"    source = {replace}(source, y=y)", "    goals = []  # what the heads learn"]
    for aspect in list_aspects(experiment):
        made = inline_method(inliner, aspect, "goal", f"{aspect.name()}_goal")
        lines.append(f"    goals.append({made}(source).y)")
    return lines
