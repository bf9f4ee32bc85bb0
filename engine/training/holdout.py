"""Validation examples that the instruments try at every frame: under attack, and with each member of an ensemble."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from engine.data.prepare import Prepared
from engine.data.targets import loss_module
from engine.experiment.experiment import Experiment
from engine.network.build import Network
from engine.numerics.seeding import ATTACK, seed_of
from engine.parts.attacks import Attack
from engine.parts.probes import Need, Trial
from engine.training.adversary import slope
from engine.training.ensemble import EnsembleNetwork, combined
from engine.training.members import member_samples


class Held:
    """The first examples of the validation split, as many as the probe batch has.

    The attack is on the network as it stands, in evaluation mode. It takes gradients of the inputs alone, and its
    chance is its own, the same at every frame: nothing that training uses is touched.

    Cost: a forward pass over so many examples, one forward and backward pass for each gradient of the attack and a
    forward pass for its examples; two forward passes for each member, and one over the plane.
    """

    def __init__(
        self,
        experiment: Experiment,
        data: Prepared,
        network: Network,
        needs: frozenset[Need],
        size: int,
        device: torch.device,
    ) -> None:
        self.network, self.needs = network, needs
        self.attack: Attack | None = experiment.attack
        self.seed = seed_of(experiment.seed, ATTACK, 0)
        self.generator = torch.Generator(device)
        x, y = data.validation_x[:size], data.validation_y[:size]
        self.targets, self.x = y.to(device), x.to(device)
        self.loss_targets = experiment.loss.targets(y, data.source.outputs).to(device)
        self.loss = loss_module(experiment, data).to(device)
        plane = self.affine(data)
        self.plane = None if plane is None else tuple(part.to(device) for part in plane)
        self.train_x, self.train_y = data.train_x[:size].to(device), data.train_y[:size].to(device)
        count = len(data.train_x)
        drawn = [torch.bincount(own, minlength=count)[:size] for own in member_samples(experiment, count)]
        self.unseen = (torch.stack(drawn) == 0).to(device)  # (members, examples)

    @staticmethod
    def affine(data: Prepared) -> tuple[Tensor, Tensor, Tensor] | None:
        """The way back from preprocessed to raw 2-D inputs: raw = (z − b) A + m. None where there is none.

        In own tables, which are float64, m is the middle of the plot and lengths are counted in half its sides: values
        may be far from 0, or tiny.
        """
        extent, kind = data.source.extent, data.source.x.dtype
        if data.raw_shape != (2,) or data.in_shape != (2,) or not extent:
            return None
        middle, half = np.zeros(2), np.ones(2)
        if kind == np.float64:
            low, high = np.array(extent).reshape(2, 2).T
            middle, half = (low + high) / 2, (high - low) / 2
        corners = (middle + half * [[0, 0], [1, 0], [0, 1]]).astype(kind)
        origin, *axes = data.to_input(corners).astype(np.float64)
        there = np.stack([axis - origin for axis in axes])  # (raw − m) / half · there + origin = z
        some = np.array([[0.3, -1.7], [2.1, 0.9], [-1.2, 0.4]], np.float32)
        found = data.to_input((middle + half * some).astype(kind))
        if not np.allclose(some @ there + origin, found, atol=1e-3) or abs(np.linalg.det(there)) < 1e-9:
            return None
        back = np.linalg.inv(there) * half
        parts = (torch.from_numpy(part.astype(kind)) for part in (back, origin, middle))
        return next(parts), next(parts), next(parts)

    def trial(self, plane: Tensor | None) -> Trial:
        """How they fare now; the network is in evaluation mode."""
        found = Trial(self.targets, self.x, torch.empty(0))
        if "members" in self.needs and isinstance(self.network, EnsembleNetwork):
            each = self.network.each(self.x)
            found = replace(found, outputs=self._together(each), each=each)
            found = self._out_of_bag(found, self.network)
            found = replace(found, plane_each=None if plane is None else self.network.each(plane))
        else:
            found = replace(found, outputs=self.network(self.x))
        return self._attacked(found, self.attack) if "attack" in self.needs and self.attack else found

    def _together(self, each: Tensor) -> Tensor:
        assert isinstance(self.network, EnsembleNetwork)
        return combined(each, self.network.vote, self.network.shares)

    def _out_of_bag(self, found: Trial, network: EnsembleNetwork) -> Trial:
        """Every training example's answer by the members that never saw it; those that all saw are left out."""
        said = network.each(self.train_x)  # (members, examples, outputs)
        if network.vote == "majority":
            said = torch.nn.functional.one_hot(said.argmax(2), said.shape[2]).to(said.dtype)
        elif network.shares:
            said = said.softmax(2)
        answered = self.unseen.any(0)
        weight = self.unseen[:, answered, None].to(said.dtype)
        mean = (said[:, answered] * weight).sum(0) / weight.sum(0)
        return replace(found, unseen=mean, unseen_targets=self.train_y[answered])

    def _attacked(self, found: Trial, attack: Attack) -> Trial:
        """The same with the attack."""
        self.generator.manual_seed(self.seed)
        differentiable = self.network.slope_outputs if isinstance(self.network, EnsembleNetwork) else self.network
        moved = attack.attack(self.x, slope(differentiable, self.loss, self.loss_targets), self.generator)
        found = replace(found, moved_x=moved, moved=self.network(moved))
        if self.plane is None:
            return found
        back, origin, middle = self.plane
        before, after = ((x.to(back.dtype) - origin) @ back + middle for x in (self.x, moved))
        return replace(found, before=before, after=after)
