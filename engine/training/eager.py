"""One network's optimizer step in eager torch, as an experiment and its live edits set it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from engine.experiment.experiment import Experiment
from engine.network.build import Network
from engine.training.adversary import Adversary
from engine.training.descent import Descent
from engine.training.heads import WeightedLoss


class Eager(Descent):
    """The descent of an experiment's network."""

    network: Network

    def __init__(self, experiment: Experiment, network: Network, loss: nn.Module, device: torch.device) -> None:
        parameters = list(network.parameters())
        super().__init__(network, loss, experiment.optimizer.build(parameters))
        self.penalized: list[Tensor] = list(network.select_weights())
        self.transposed = {id(self.penalized[index]) for index in network.transposed_weights}
        self.needs_closure = experiment.optimizer.needs_closure
        self.device = device
        self.cpu = device.type == "cpu"
        self.generator = torch.default_generator if self.cpu else torch.cuda.default_generators[device.index or 0]
        self.update_live_fields(experiment)

    def update_live_fields(self, experiment: Experiment) -> None:
        """Take the live fields from an edited experiment; the optimizer state is kept."""
        settings = experiment.optimizer.settings
        self.base_lr = settings["lr"]
        for group in self.optimizer.param_groups:
            group.update(settings)
        for stage, block in zip(self.network.stages, experiment.network, strict=False):
            block.update_live_fields(stage.module)
        if isinstance(self.loss, WeightedLoss):
            self.loss.update_live_fields(experiment)
        active = [one for rule in experiment.regularizers if not rule.is_idle for one in rule.split_by_strength()]
        active.sort(key=lambda rule: rule.position_in_step)
        self.rules = tuple(
            (rule, self.network.select_weights(rule.layer_names) if rule.layer_names else self.penalized)
            for rule in active
        )
        attack = experiment.attack
        trains = attack is not None and attack.share > 0  # with share 0 an attack is only measured
        self.adversary = Adversary(attack, self.network, self.loss, self.device) if attack and trains else None
        self.disturbs = any(rule.is_random for rule in active)
        self.draws = self.disturbs or any(block.is_random for block in experiment.network)

    @property
    def lr(self) -> float:
        """The learning rate of the newest step."""
        return float(self.optimizer.param_groups[0]["lr"])
