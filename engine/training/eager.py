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
from engine.training.heads import Weighed

Loss = float | Tensor


class Eager:
    """Forward, backward, penalties, clipping, step, in eager torch with fused optimizers."""

    def __init__(self, experiment: Experiment, network: Network, loss: nn.Module, device: torch.device) -> None:
        self.network = network
        self.parameters = list(network.parameters())
        self.penalized: list[Tensor] = list(network.penalized())
        self.turned = {id(self.penalized[place]) for place in network.turned}
        self.loss = loss
        self.device = device
        self.adversary: Adversary | None = None
        self.optimizer = experiment.optimizer.build(self.parameters)
        self.rules: tuple[tuple[Regularizer, list[Tensor]], ...] = ()  # each with the weights that it acts on
        self.needs_closure = experiment.optimizer.needs_closure
        self.cpu = device.type == "cpu"
        self.stochastic = self.noisy = False
        self.generator = torch.default_generator if self.cpu else torch.cuda.default_generators[device.index or 0]
        self.base_lr = experiment.optimizer.settings()["lr"]
        self.retune(experiment)

    def retune(self, experiment: Experiment) -> None:
        """Takes over the live fields of an edited experiment; the optimizer's state stays."""
        settings = experiment.optimizer.settings()
        self.base_lr = settings["lr"]
        for group in self.optimizer.param_groups:
            group.update(settings)
        for stage, block in zip(self.network.stages, experiment.network, strict=False):
            block.update_live_fields(stage.module)
        if isinstance(self.loss, Weighed):
            self.loss.retune(experiment)
        active = [own for r in experiment.regularizers if not r.is_idle for own in r.apart()]
        active.sort(key=lambda r: r.order)
        self.rules = tuple((r, self.network.penalized(r.chosen) if r.chosen else self.penalized) for r in active)
        attack = experiment.attack
        mixed = attack is not None and attack.share > 0
        self.adversary = Adversary(attack, self.network, self.loss, self.device) if attack and mixed else None
        self.noisy = any(rule.is_random for rule in active)
        self.stochastic = self.noisy or any(block.is_random for block in experiment.network)

    def step(self, x: Tensor, y: Tensor, factor: float, seed: int, capture: Capture | None) -> tuple[Loss, Tensor]:
        """One step on one batch; `factor` on the learning rate; `seed` for dropout, so that no state has to be kept.

        Returns the batch's loss, a number on the CPU and a tensor elsewhere (fetching it would wait for the device),
        and the outputs. On the CPU a loss that is not finite leaves the weights alone.
        """
        for group in self.optimizer.param_groups:
            group["lr"] = self.base_lr * factor
        if self.adversary:
            self.adversary.prepare(x, y, seed)
        if self.needs_closure:
            return self._asked(x, y, seed, capture)
        value, outputs = self._gradient(x, y, seed, capture)
        if self.cpu and not math.isfinite(value):
            return value, outputs
        if capture:
            capture.before_step()
        self.optimizer.step()
        self._constrain()
        return value, outputs

    def _gradient(self, x: Tensor, y: Tensor, seed: int, capture: Capture | None) -> tuple[Loss, Tensor]:
        """The gradient where the weights stand, or near it; none on the CPU if the loss is not finite."""
        if self.stochastic:
            self.generator.manual_seed(seed)
        kept = self._disturb() if self.noisy else []
        value, outputs = self._backward(x, y)
        if kept:
            with torch.no_grad():
                torch._foreach_copy_(list[Tensor](self.parameters), kept)
        if not (self.cpu and not math.isfinite(value)):
            self._regularize(capture)
        return value, outputs

    @torch.no_grad()
    def _disturb(self) -> list[Tensor]:
        """Lets the regularizers move the parameters; returns what they were."""
        kept = [parameter.clone() for parameter in self.parameters]
        for rule, _ in self.rules:
            rule.disturb_(list(self.parameters), self.generator)
        return kept

    def _backward(self, x: Tensor, y: Tensor) -> tuple[Loss, Tensor]:
        """Forward and backward; no gradient on the CPU if the loss is not finite."""
        outputs = self.network(x)
        loss: Tensor = self.loss(outputs, y)
        if self.adversary:
            loss = self.adversary.mix(loss, y)
        value = loss.item() if self.cpu else loss.detach()
        if self.cpu and not math.isfinite(value):
            return value, outputs.detach()
        for parameter in self.parameters:
            parameter.grad = None
        loss.backward()  # type: ignore[no-untyped-call]
        return value, outputs.detach()

    def _asked(self, x: Tensor, y: Tensor, seed: int, capture: Capture | None) -> tuple[Loss, Tensor]:
        """A step whose optimizer asks for gradients. All are of one batch, with one draw of dropout; running
        statistics move once, and what is shown is of the first point."""
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
            rule.constrain_([w.transpose(0, 1) if id(w) in self.turned else w for w in weights])

    @torch.no_grad()
    def _regularize(self, capture: Capture | None) -> None:
        for rule, weights in self.rules:
            moved = [(w, w.grad) for w in weights if w.grad is not None]
            if moved:  # a detached layer gets no gradient
                rule.add_gradient_([w for w, _ in moved], [gradient for _, gradient in moved])
        if capture:
            capture.gradients_ready()
        if self.rules:
            gradients = [weight.grad for weight in self.parameters if weight.grad is not None]
            for rule, _ in self.rules:
                rule.limit_(gradients)

    @property
    def lr(self) -> float:
        """The learning rate of the last step."""
        return float(self.optimizer.param_groups[0]["lr"])
