"""The optimizer step of one network."""

from __future__ import annotations

import math

import torch
from torch import Generator, Tensor, nn
from torch.optim import Optimizer

from engine.parts.regularizers import Regularizer
from engine.training.adversary import Adversary
from engine.training.capture import Capture
from engine.training.closure_step import step_by_closure

Loss = float | Tensor


class Descent:
    """Gradient descent on one network: forward, backward, penalties, clipping, update, constraints.

    `rules`: the active regularizers in the order of a step, each with the weights it acts on. `transposed`: ids of
    weights whose units lie along the second axis. `draws`: a step draws random numbers. `disturbs`: a rule adds noise
    to the parameters.
    """

    base_lr: float
    adversary: Adversary | None
    rules: tuple[tuple[Regularizer, list[Tensor]], ...]
    transposed: set[int]
    needs_closure: bool
    draws: bool
    disturbs: bool
    cpu: bool
    generator: Generator

    def __init__(self, network: nn.Module, loss: nn.Module, optimizer: Optimizer) -> None:
        self.network, self.loss, self.optimizer = network, loss, optimizer
        self.parameters = list(network.parameters())

    def step(self, x: Tensor, y: Tensor, factor: float, seed: int, capture: Capture | None) -> tuple[Loss, Tensor]:
        """Take one step on a batch. Returns its loss, and the outputs, (batch, outputs).

        The learning rate is multiplied by `factor`. Random numbers are seeded anew for each step, so that checkpoints
        need no generator state. On the CPU the loss is a number, and weights stay as they are where it is not finite;
        elsewhere it is a tensor, because fetching it would wait for the device.
        """
        self._set_lr(factor)
        if self.adversary:
            self.adversary.prepare(x, y, seed)
        if self.needs_closure:
            return self._step_with_closure(x, y, seed, capture)
        value, outputs = self._gradient(x, y, seed, capture)
        if not self.cpu or math.isfinite(value):
            if capture:
                capture.before_step()
            self.optimizer.step()
            self._constrain()
        return value, outputs

    def _set_lr(self, factor: float) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = self.base_lr * factor

    def _gradient(self, x: Tensor, y: Tensor, seed: int, capture: Capture | None) -> tuple[Loss, Tensor]:
        """Compute the gradient and regularize it. On the CPU there is none if the loss is not finite.

        Noise on the parameters is taken back before penalties look at them.
        """
        if self.draws:
            self.generator.manual_seed(seed)
        if self.disturbs:
            undisturbed = self._disturb()
        outputs = self.network(x)  # (batch, outputs)
        loss: Tensor = self.loss(outputs, y)
        if self.adversary:
            loss = self.adversary.mix(loss, y)
        value = loss.item() if self.cpu else loss.detach()
        if not self.cpu or math.isfinite(value):
            for parameter in self.parameters:
                parameter.grad = None  # not zeros: a parameter without a gradient has to look like one
            loss.backward()  # type: ignore[no-untyped-call]
        if self.disturbs:
            with torch.no_grad():
                torch._foreach_copy_(list[Tensor](self.parameters), undisturbed)
        if not self.cpu or math.isfinite(value):
            self._regularize(capture)
        return value, outputs.detach()

    @torch.no_grad()
    def _disturb(self) -> list[Tensor]:
        """Let the rules add noise to the parameters. Returns copies of the parameters before."""
        undisturbed = [parameter.clone() for parameter in self.parameters]
        for rule, _ in self.rules:
            rule.perturb_(list(self.parameters), self.generator)
        return undisturbed

    @torch.no_grad()
    def _regularize(self, capture: Capture | None) -> None:
        """Add the gradients of penalties, then limit the gradient."""
        for rule, weights in self.rules:
            pairs = [(w, w.grad) for w in weights if w.grad is not None]  # none behind a detach block
            if pairs:
                rule.add_gradient_([w for w, _ in pairs], [gradient for _, gradient in pairs])
        if capture:
            capture.gradients_ready()
        if self.rules:
            gradients = [weight.grad for weight in self.parameters if weight.grad is not None]
            for rule, _ in self.rules:
                rule.clip_(gradients)

    @torch.no_grad()
    def _constrain(self) -> None:
        """Bring the weights back to where the rules allow them."""
        for rule, weights in self.rules:
            rule.constrain_([w.transpose(0, 1) if id(w) in self.transposed else w for w in weights])

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
            return sum(rule.compute_penalty(weights) for rule, weights in self.rules)

        if capture:
            capture.before_step()
        step_by_closure(self.optimizer, list(self.network.buffers()), gradient, penalty)
        self._constrain()
        return seen[0]
