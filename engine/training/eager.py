"""One network's optimizer step in eager torch."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from engine.experiment.experiment import Experiment
from engine.network.build import Network
from engine.parts.regularizers import Regularizer
from engine.training.adversary import Adversary
from engine.training.capture import Capture
from engine.training.closure_step import step_by_closure
from engine.training.heads import WeightedLoss

Loss = float | Tensor


class Eager:
    """The optimizer step of one network: forward, backward, penalties, clipping, update, constraints."""

    def __init__(self, experiment: Experiment, network: Network, loss: nn.Module, device: torch.device) -> None:
        self.network = network
        self.parameters = list(network.parameters())
        self.penalized: list[Tensor] = list(network.select_weights())
        self.transposed = {id(self.penalized[index]) for index in network.transposed}
        self.loss = loss
        self.device = device
        self.adversary: Adversary | None = None
        self.optimizer = experiment.optimizer.build(self.parameters)
        self.rules: tuple[tuple[Regularizer, list[Tensor]], ...] = ()  # with the weights each acts on
        self.needs_closure = experiment.optimizer.needs_closure
        self.cpu = device.type == "cpu"
        self.draws = self.disturbs = False  # random numbers in a step; noise on parameters
        self.generator = torch.default_generator if self.cpu else torch.cuda.default_generators[device.index or 0]
        self.base_lr = experiment.optimizer.settings()["lr"]
        self.update_live_fields(experiment)

    def update_live_fields(self, experiment: Experiment) -> None:
        """Take the live fields from an edited experiment; the optimizer state is kept."""
        settings = experiment.optimizer.settings()
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
            (rule, self.network.select_weights(rule.chosen) if rule.chosen else self.penalized) for rule in active
        )
        attack = experiment.attack
        trains = attack is not None and attack.share > 0  # with share 0 an attack is only measured
        self.adversary = Adversary(attack, self.network, self.loss, self.device) if attack and trains else None
        self.disturbs = any(rule.is_random for rule in active)
        self.draws = self.disturbs or any(block.is_random for block in experiment.network)

    def step(self, x: Tensor, y: Tensor, factor: float, seed: int, capture: Capture | None) -> tuple[Loss, Tensor]:
        """Take one step on a batch with the learning rate times `factor`.

        Random numbers are seeded anew for each step, so that checkpoints need no generator state. Returns the loss of
        the batch, a number on the CPU and a tensor elsewhere (fetching it would wait for the device), and the outputs,
        (batch, outputs). On the CPU a loss that is not finite leaves the weights unchanged.
        """
        for group in self.optimizer.param_groups:
            group["lr"] = self.base_lr * factor
        if self.adversary:
            self.adversary.prepare(x, y, seed)
        if self.needs_closure:
            return self._step_with_closure(x, y, seed, capture)
        value, outputs = self._gradient(x, y, seed, capture)
        if self.cpu and not math.isfinite(value):
            return value, outputs
        if capture:
            capture.before_step()
        self.optimizer.step()
        self._constrain()
        return value, outputs

    def _gradient(self, x: Tensor, y: Tensor, seed: int, capture: Capture | None) -> tuple[Loss, Tensor]:
        """Compute the regularized gradient, at disturbed parameters if a rule adds noise to them. On the CPU there is
        none if the loss is not finite."""
        if self.draws:
            self.generator.manual_seed(seed)
        undisturbed = self._disturb() if self.disturbs else []
        value, outputs = self._backward(x, y)
        if undisturbed:
            with torch.no_grad():
                torch._foreach_copy_(list[Tensor](self.parameters), undisturbed)
        if not (self.cpu and not math.isfinite(value)):
            self._regularize(capture)
        return value, outputs

    @torch.no_grad()
    def _disturb(self) -> list[Tensor]:
        """Let the rules add noise to the parameters. Returns copies of the parameters before."""
        undisturbed = [parameter.clone() for parameter in self.parameters]
        for rule, _ in self.rules:
            rule.disturb_(list(self.parameters), self.generator)
        return undisturbed

    def _backward(self, x: Tensor, y: Tensor) -> tuple[Loss, Tensor]:
        """Forward and backward pass; on the CPU no backward pass if the loss is not finite."""
        outputs = self.network(x)  # (batch, outputs)
        loss: Tensor = self.loss(outputs, y)
        if self.adversary:
            loss = self.adversary.mix(loss, y)
        value = loss.item() if self.cpu else loss.detach()
        if self.cpu and not math.isfinite(value):
            return value, outputs.detach()
        for parameter in self.parameters:
            parameter.grad = None  # not zeros: a parameter without a gradient has to look like one
        loss.backward()  # type: ignore[no-untyped-call]
        return value, outputs.detach()

    def _step_with_closure(self, x: Tensor, y: Tensor, seed: int, capture: Capture | None) -> tuple[Loss, Tensor]:
        """A step of an optimizer that evaluates the loss several times, like L-BFGS.

        All evaluations have the same batch and the same dropout mask, or the line search would compare different
        functions. Running statistics move once. Loss, outputs and gradient of the first evaluation are recorded.
        """
        seen: list[tuple[Loss, Tensor]] = []

        def gradient() -> Loss:
            seen.append(self._gradient(x, y, seed, None if seen else capture))
            return seen[-1][0]

        def penalty() -> Loss:
            return sum(rule.penalty(weights) for rule, weights in self.rules)

        if capture:
            capture.before_step()
        step_by_closure(self.optimizer, list(self.network.buffers()), gradient, penalty)
        self._constrain()
        return seen[0]

    @torch.no_grad()
    def _constrain(self) -> None:
        for rule, weights in self.rules:
            rule.constrain_([w.transpose(0, 1) if id(w) in self.transposed else w for w in weights])

    @torch.no_grad()
    def _regularize(self, capture: Capture | None) -> None:
        for rule, weights in self.rules:
            pairs = [(w, w.grad) for w in weights if w.grad is not None]  # none behind a detach block
            if pairs:
                rule.add_gradient_([w for w, _ in pairs], [gradient for _, gradient in pairs])
        if capture:
            capture.gradients_ready()
        if self.rules:
            gradients = [weight.grad for weight in self.parameters if weight.grad is not None]
            for rule, _ in self.rules:
                rule.limit_(gradients)

    @property
    def lr(self) -> float:
        """The learning rate of the newest step."""
        return float(self.optimizer.param_groups[0]["lr"])
