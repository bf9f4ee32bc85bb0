"""Capture: collects what the probes need of a sampled step, reduces it on the device, fetches it in one transfer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from engine.catalogue.docstring import parse_docstring
from engine.catalogue.part import catalogue
from engine.data.prepare import Prepared
from engine.experiment.experiment import Experiment
from engine.frame import Channel
from engine.network.build import Network
from engine.parts.probes import Moment, Need, Probe, Subject
from engine.training import gates, saturation
from engine.training.clock import CostMeter
from engine.training.forward_trace import trace_forward
from engine.training.holdout import Holdout
from engine.training.weight_rows import WeightRows

PROBE_FLOPS = 1e8  # of a forward pass over the probe batch, at most
PLANE_FLOPS = 3e7  # of a forward pass over the points of the output map, at most


class Capture:
    """The probes of one run.

    The probe batch is the first examples of the training split: 256, fewer for large networks, never under 24. That is
    enough for shares and histograms, and cheap enough for ten times a second. `cost` counts what measuring takes, also
    in steps that turn out to have no frame.
    """

    def __init__(
        self, experiment: Experiment, data: Prepared, network: Network, flops: int, device: torch.device
    ) -> None:
        self.network = network
        self.cost = CostMeter()
        self.rows = WeightRows(network, device)
        self.subject = describe(experiment, data, network, self.rows)
        active = [(probe, probe.channel(self.subject)) for probe in add_companions(experiment.probes)]
        self.probes: tuple[Probe, ...] = tuple(probe for probe, channel in active if channel)
        self.channels: tuple[Channel, ...] = tuple(explain(probe, channel) for probe, channel in active if channel)
        self.needs: frozenset[Need] = frozenset().union(*(probe.needs for probe in self.probes))
        size = int(np.clip(PROBE_FLOPS / max(flops, 1), 24, 256))
        self.probe_batch = data.train_x[:size].to(device)
        self.plane = choose_plane_points(data, flops).to(device) if "plane" in self.needs else None
        self.holdout = (
            Holdout(experiment, data, network, self.needs, size, device) if {"attack", "members"} & self.needs else None
        )
        self.before: list[Tensor] = []  # the weights before the step
        self.gradient_norms: Tensor | None = None  # (rows,)

    def update_live_fields(self, experiment: Experiment) -> None:
        """Take the live fields from an edited experiment."""
        if self.holdout:
            self.holdout.attack = experiment.attack

    def before_step(self) -> None:
        """Copy the weights. Call before the optimizer changes them."""
        if "updates" in self.needs:
            with self.cost:
                self.before = [weight.detach().clone() for weight in self.rows.tensors]

    def gradients_ready(self) -> None:
        """Measure the gradient. Call after penalties are added and before clipping."""
        if "gradients" in self.needs:
            with self.cost:
                # weights behind a detach block have none
                gradients = [torch.zeros_like(w) if w.grad is None else w.grad for w in self.rows.tensors]
                self.gradient_norms = self.rows.compute_norms(gradients)

    @torch.no_grad()
    def take_readings(self) -> Mapping[str, Tensor]:
        """The readings of all probes after the step, on the device."""
        self.network.eval()
        try:
            moment = self._build_moment()
        finally:
            self.network.train()
        readings: dict[str, Tensor] = {}
        for probe in self.probes:
            readings.update(probe.measure(moment, self.subject))
        return readings

    def _build_moment(self) -> Moment:
        """What the probes need of the step; fields that no probe needs stay empty."""
        activations: tuple[Tensor, ...] = ()
        plane_units: tuple[Tensor, ...] = ()
        plane = None
        weight_norms = update_norms = None
        saturated: tuple[Tensor | None, ...] = ()
        gate_means: tuple[Tensor, ...] = ()
        if {"activations", "saturation", "gates"} & self.needs:
            trace = trace_forward(self.network, self.probe_batch)
            pairs = zip(self.network.stages, trace.outputs, strict=True)
            activations = tuple(out for stage, out in pairs if stage.block.observed)
            saturated = saturation.find_saturated(self.network, trace) if "saturation" in self.needs else ()
            gate_means = gates.compute_mean_gates(self.network, trace) if "gates" in self.needs else ()
        if self.plane is not None:
            plane, plane_units = self.network.observe(self.plane)
        if "updates" in self.needs:
            weight_norms = self.rows.compute_norms(self.before)
            torch._foreach_sub_(self.before, self.rows.tensors)  # in place: the copies are not needed again
            update_norms = self.rows.compute_norms(self.before)
        weights = tuple(self.rows.split_parts(self.rows.tensors)) if "weights" in self.needs else ()
        gradients = self.gradient_norms
        inputs = self.probe_batch if "inputs" in self.needs else None
        seen = (activations, saturated, gradients, weight_norms, update_norms, weights, plane, plane_units)
        trial = self.holdout.evaluate(self.plane) if self.holdout else None
        return Moment(*seen, inputs, gate_means, trial)


def explain(probe: Probe, channel: Channel) -> Channel:
    """Add the Reading section of the probe's docstring to its channel."""
    return replace(channel, reading=channel.reading or parse_docstring(type(probe))["Reading"])


def add_companions(chosen: tuple[Probe, ...]) -> tuple[Probe, ...]:
    """The chosen probes and those that come along with every experiment."""
    kinds = {probe.name() for probe in chosen}
    return (*chosen, *(part() for kind, part in catalogue(Probe).items() if part.is_automatic and kind not in kinds))


def describe(experiment: Experiment, data: Prepared, network: Network, rows: WeightRows) -> Subject:
    """The description of the run that probes read."""
    return Subject(
        observed=tuple(stage.name for stage in network.observed),
        shapes=tuple(stage.out_shape for stage in network.observed),
        weighted=rows.names,
        parts=rows.parts_of_rows,
        linked=list_unit_matrices(network),
        task=data.source.task,
        outputs=data.source.outputs,
        softmax=experiment.loss.tasks == ("classification",),
        in_shape=data.raw_shape,
        extent=data.source.extent,
        attacked=experiment.attack is not None,
        members=len(network.members),
        gates=gates.name_gates(network),
        reconstructions=tuple(
            index for index, stage in enumerate(network.observed) if stage.is_head and stage.block.reconstructs
        ),
    )


def list_unit_matrices(network: Network) -> tuple[tuple[int, ...], ...]:
    """The shapes of the weight matrices, (units, inputs) each, if all weights connect units that are drawn: every layer
    is dense and its output is a vector. Else empty."""
    flat = all(len(stage.out_shape) == 1 for stage in network.observed)
    plain = all(type(part) in (nn.Linear, nn.PReLU) or not list(part.parameters(recurse=False))
                for stage in network.stages for part in stage.module.modules())  # fmt: skip
    return tuple(tuple(one.tensor.shape) for s in network.weighted for one in s.weights) if flat and plain else ()


def choose_plane_points(data: Prepared, flops: int) -> Tensor:
    """Points over the input space, after preprocessing, (points, inputs): 200 on a line, or a square grid.

    The grid has a side of 16, 22, … or 46. Every third row and column of such a grid spans it from end to end, so that
    a probe can thin it out.
    """
    extent = data.source.extent or (0.0, 1.0, 0.0, 1.0)
    if data.raw_shape == (1,):
        raw = np.linspace(extent[0], extent[1], 200, dtype=data.source.x.dtype)[:, None]  # (200, 1)
    else:
        side = int(np.clip((PLANE_FLOPS / max(flops, 1)) ** 0.5, 16, 50) - 16) // 6 * 6 + 16
        kind = data.source.x.dtype
        x, y = (np.linspace(low, high, side, dtype=kind) for low, high in (extent[:2], extent[2:]))
        raw = np.stack(np.meshgrid(x, y), -1).reshape(-1, 2)  # (side · side, 2), row by row
    return torch.from_numpy(np.ascontiguousarray(data.to_input(raw).astype(np.float32)))


def fetch(readings: Mapping[str, Tensor]) -> dict[str, np.ndarray]:
    """Fetch all readings as numpy arrays in one transfer, and one more for each in float64."""
    fine = {key: tensor.cpu().numpy() for key, tensor in readings.items() if tensor.dtype == torch.float64}
    if fine:
        arrays = {**fetch({key: tensor for key, tensor in readings.items() if key not in fine}), **fine}
        return {key: arrays[key] for key in readings}
    if not readings:
        return {}
    flat = torch.cat([tensor.reshape(-1).to(torch.float32) for tensor in readings.values()]).cpu().numpy()
    pieces, start = {}, 0
    for key, tensor in readings.items():
        piece = flat[start : start + tensor.numel()].reshape(tuple(tensor.shape))
        pieces[key] = piece.astype(np.int8) if tensor.dtype == torch.int8 else piece.copy()
        start += tensor.numel()
    return pieces
