"""Holdout measurements: validation examples evaluated at every frame, under attack and by each ensemble member."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from engine.data.prepare import Prepared
from engine.data.targets import build_loss
from engine.experiment.experiment import Experiment
from engine.network.build import Network
from engine.numerics.seeding import ATTACK, seed_of
from engine.parts.attacks import Attack
from engine.parts.probes import HoldoutOutputs, Need
from engine.training.adversary import input_gradient
from engine.training.ensemble import EnsembleNetwork, combine
from engine.training.members import draw_member_samples


class Holdout:
    """The first examples of the validation split, as many as the probe batch has.

    Training is not disturbed: the attack takes gradients of the inputs alone, in evaluation mode, and has its own
    generator, seeded alike at every frame.

    Cost: a forward pass over the examples; a forward and a backward pass for each gradient of the attack, and a forward
    pass over the attacked examples; two forward passes for each member, and one over the plane.
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
        self.loss_targets = experiment.loss.encode_targets(y, data.source.outputs).to(device)
        self.loss = build_loss(experiment, data).to(device)
        inverse = self.invert_preprocessing(data)
        self.inverse = None if inverse is None else tuple(part.to(device) for part in inverse)
        self.train_x, self.train_y = data.train_x[:size].to(device), data.train_y[:size].to(device)
        count = len(data.train_x)
        draws = [torch.bincount(sample, minlength=count)[:size] for sample in draw_member_samples(experiment, count)]
        self.is_out_of_bag = (torch.stack(draws) == 0).to(device)  # (members, examples)

    @staticmethod
    def invert_preprocessing(data: Prepared) -> tuple[Tensor, Tensor, Tensor] | None:
        """A (2, 2), b (2,) and m (2,) of raw = (z − b) A + m, for 2-D inputs; None if preprocessing is not affine.

        Preprocessing is known only as a function: A and b follow from the images of three points, and three more show
        whether it is affine. Uploaded tables are float64; there m is the center of the plot and lengths are measured in
        half its sides, since values may be far from 0 or tiny.
        """
        extent, kind = data.source.extent, data.source.x.dtype
        if data.raw_shape != (2,) or data.in_shape != (2,) or not extent:
            return None
        middle, half = np.zeros(2), np.ones(2)
        if kind == np.float64:
            low, high = np.array(extent).reshape(2, 2).T
            middle, half = (low + high) / 2, (high - low) / 2
        corners = (middle + half * [[0, 0], [1, 0], [0, 1]]).astype(kind)  # (3, 2)
        origin, *axes = data.to_input(corners).astype(np.float64)
        forward = np.stack([axis - origin for axis in axes])  # (2, 2); (raw − m) / half · forward + origin = z
        samples = np.array([[0.3, -1.7], [2.1, 0.9], [-1.2, 0.4]], np.float32)
        images = data.to_input((middle + half * samples).astype(kind))
        if not np.allclose(samples @ forward + origin, images, atol=1e-3) or abs(np.linalg.det(forward)) < 1e-9:
            return None
        inverse, offset, center = (
            torch.from_numpy(part.astype(kind)) for part in (np.linalg.inv(forward) * half, origin, middle)
        )
        return inverse, offset, center

    def evaluate(self, plane: Tensor | None) -> HoldoutOutputs:
        """Evaluate the examples; the network has to be in evaluation mode. `plane`: points of the output map."""
        found = HoldoutOutputs(self.targets, self.x, torch.empty(0))
        if "members" in self.needs and isinstance(self.network, EnsembleNetwork):
            each = self.network.compute_member_outputs(self.x)  # (members, examples, outputs)
            combined = combine(each, self.network.vote, self.network.shares)
            found = replace(found, outputs=combined, member_outputs=each)
            found = self._add_out_of_bag(found, self.network)
            found = replace(found, member_planes=None if plane is None else self.network.compute_member_outputs(plane))
        else:
            found = replace(found, outputs=self.network(self.x))
        return self._add_attack(found, self.attack) if "attack" in self.needs and self.attack else found

    def _add_out_of_bag(self, found: HoldoutOutputs, network: EnsembleNetwork) -> HoldoutOutputs:
        """Add out-of-bag predictions: each training example, answered only by the members whose bootstrap sample
        excludes it. Examples that are in every sample are left out."""
        votes = network.compute_member_outputs(self.train_x)  # (members, examples, outputs)
        if network.vote == "majority":
            votes = torch.nn.functional.one_hot(votes.argmax(2), votes.shape[2]).to(votes.dtype)
        elif network.shares:
            votes = votes.softmax(2)
        answered = self.is_out_of_bag.any(0)  # (examples,)
        weight = self.is_out_of_bag[:, answered, None].to(votes.dtype)  # (members, answered, 1)
        mean = (votes[:, answered] * weight).sum(0) / weight.sum(0)  # (answered, outputs)
        return replace(found, out_of_bag=mean, out_of_bag_targets=self.train_y[answered])

    def _add_attack(self, found: HoldoutOutputs, attack: Attack) -> HoldoutOutputs:
        """Add the attacked examples, their outputs, and for 2-D inputs where the attack moved them."""
        self.generator.manual_seed(self.seed)
        differentiable = self.network.slope_outputs if isinstance(self.network, EnsembleNetwork) else self.network
        attacked = attack.attack(self.x, input_gradient(differentiable, self.loss, self.loss_targets), self.generator)
        found = replace(found, attacked_x=attacked, attacked_outputs=self.network(attacked))
        if self.inverse is None:
            return found
        inverse, offset, center = self.inverse
        before, after = ((x.to(inverse.dtype) - offset) @ inverse + center for x in (self.x, attacked))  # (examples, 2)
        return replace(found, before=before, after=after)
