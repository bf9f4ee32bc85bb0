"""Fills moments: what the due probes need of one sampled step, reduced on the device, fetched in one transfer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from engine.catalogue.docstring import explained
from engine.catalogue.part import catalogue
from engine.data.prepare import Prepared
from engine.experiment.experiment import Experiment
from engine.frame import Channel
from engine.network.build import Network
from engine.parts.probes import Moment, Need, Probe, Subject
from engine.training import gates, saturation
from engine.training.forward_trace import look
from engine.training.holdout import Held
from engine.training.weight_rows import Rows

PROBE_FLOPS = 1e8  # what one forward pass over the probe batch may cost
PLANE_FLOPS = 3e7  # the same for the points of the output map


class Capture:
    """The instruments of one run.

    The probe batch holds the first examples of the training split, at most 256, fewer for large networks (never
    under 24): enough for shares and histograms, cheap enough to take ten times a second.
    """

    def __init__(
        self, experiment: Experiment, data: Prepared, network: Network, flops: int, device: torch.device
    ) -> None:
        self.network = network
        self.rows = Rows(network, device)
        self.subject = describe(experiment, data, network, self.rows)
        active = [(probe, probe.channel(self.subject)) for probe in with_companions(experiment.probes)]
        self.probes: tuple[Probe, ...] = tuple(probe for probe, channel in active if channel)
        self.channels: tuple[Channel, ...] = tuple(explain(probe, channel) for probe, channel in active if channel)
        self.needs: frozenset[Need] = frozenset().union(*(probe.needs for probe in self.probes))
        size = int(np.clip(PROBE_FLOPS / max(flops, 1), 24, 256))
        self.probe_batch = data.train_x[:size].to(device)
        self.plane = plane_points(data, flops).to(device) if "plane" in self.needs else None
        self.held = (
            Held(experiment, data, network, self.needs, size, device) if {"attack", "members"} & self.needs else None
        )
        self.before: list[Tensor] = []
        self.gradient_norms: Tensor | None = None

    def retune(self, experiment: Experiment) -> None:
        """Takes over the live fields of an edited experiment."""
        if self.held:
            self.held.attack = experiment.attack

    def before_step(self) -> None:
        """Remembers the weights; call before the optimizer changes them."""
        if "updates" in self.needs:
            self.before = [weight.detach().clone() for weight in self.rows.tensors]

    def gradients_ready(self) -> None:
        """Measures the gradient; call between penalties and clipping."""
        if "gradients" in self.needs:
            gradients = [
                torch.zeros_like(w) if w.grad is None else w.grad for w in self.rows.tensors
            ]  # none behind a detach
            self.gradient_norms = self.rows.norms(gradients)

    @torch.no_grad()
    def readings(self) -> Mapping[str, Tensor]:
        """Every probe's reading of the step just taken, still on the device."""
        self.network.eval()
        try:
            moment = self._moment()
        finally:
            self.network.train()
        found: dict[str, Tensor] = {}
        for probe in self.probes:
            found.update(probe.measure(moment, self.subject))
        return found

    def _moment(self) -> Moment:
        activations: tuple[Tensor, ...] = ()
        plane_units: tuple[Tensor, ...] = ()
        plane = None
        weight_norms = update_norms = None
        saturated: tuple[Tensor | None, ...] = ()
        opened: tuple[Tensor, ...] = ()
        if {"activations", "saturation", "gates"} & self.needs:
            inside = look(self.network, self.probe_batch)
            pairs = zip(self.network.stages, inside.given, strict=True)
            activations = tuple(out for stage, out in pairs if stage.block.observed)
            saturated = saturation.saturated(self.network, inside) if "saturation" in self.needs else ()
            opened = gates.readings(self.network, inside) if "gates" in self.needs else ()
        if self.plane is not None:
            plane, plane_units = self.network.observe(self.plane)
        if "updates" in self.needs:
            weight_norms = self.rows.norms(self.before)
            torch._foreach_sub_(self.before, self.rows.tensors)
            update_norms = self.rows.norms(self.before)
        weights = tuple(self.rows.parts(self.rows.tensors)) if "weights" in self.needs else ()
        gradients = self.gradient_norms
        inputs = self.probe_batch if "inputs" in self.needs else None
        seen = (activations, saturated, gradients, weight_norms, update_norms, weights, plane, plane_units)
        trial = self.held.trial(self.plane) if self.held else None
        return Moment(*seen, inputs, opened, trial)


def explain(probe: Probe, channel: Channel) -> Channel:
    """The channel with how to read it, as the probe's docstring says."""
    return replace(channel, reading=channel.reading or explained(type(probe))["Reading"])


def with_companions(chosen: tuple[Probe, ...]) -> tuple[Probe, ...]:
    """The chosen probes and those that come along."""
    kinds = {probe.name() for probe in chosen}
    return (*chosen, *(part() for kind, part in catalogue(Probe).items() if part.comes_along and kind not in kinds))


def describe(experiment: Experiment, data: Prepared, network: Network, rows: Rows) -> Subject:
    """What the probes may know of the run."""
    return Subject(
        observed=tuple(stage.name for stage in network.observed),
        shapes=tuple(stage.out_shape for stage in network.observed),
        weighted=rows.names,
        parts=rows.places,
        linked=linked(network),
        task=data.source.task,
        outputs=data.source.outputs,
        softmax=experiment.loss.tasks == ("classification",),
        in_shape=data.raw_shape,
        extent=data.source.extent,
        attacked=experiment.attack is not None,
        members=len(network.members),
        gates=gates.names_of(network),
        reconstructions=tuple(
            place for place, stage in enumerate(network.observed) if stage.is_head and stage.block.reconstructs
        ),
    )


def linked(network: Network) -> tuple[tuple[int, ...], ...]:
    """The shapes of the weights between units, if every layer is dense and hands on a vector."""
    flat = all(len(stage.out_shape) == 1 for stage in network.observed)
    plain = all(type(part) in (nn.Linear, nn.PReLU) or not list(part.parameters(recurse=False))
                for stage in network.stages for part in stage.module.modules())  # fmt: skip
    return tuple(tuple(one.tensor.shape) for s in network.weighted for one in s.weights) if flat and plain else ()


def plane_points(data: Prepared, flops: int) -> Tensor:
    """Points over the input space after preprocessing: 200 along a line, or a square grid of side 16, 22, … 46,
    of which every third row and column again reaches from end to end."""
    extent = data.source.extent or (0.0, 1.0, 0.0, 1.0)
    if data.raw_shape == (1,):
        raw = np.linspace(extent[0], extent[1], 200, dtype=data.source.x.dtype)[:, None]
    else:
        side = int(np.clip((PLANE_FLOPS / max(flops, 1)) ** 0.5, 16, 50) - 16) // 6 * 6 + 16
        kind = data.source.x.dtype
        x, y = (np.linspace(low, high, side, dtype=kind) for low, high in (extent[:2], extent[2:]))
        raw = np.stack(np.meshgrid(x, y), -1).reshape(-1, 2)  # (side · side, 2), y in rows
    return torch.from_numpy(np.ascontiguousarray(data.to_input(raw).astype(np.float32)))


def fetch(readings: Mapping[str, Tensor]) -> dict[str, np.ndarray]:
    """All readings as numpy arrays, in one transfer from the device (and one more for each that is float64)."""
    fine = {key: tensor.cpu().numpy() for key, tensor in readings.items() if tensor.dtype == torch.float64}
    if fine:
        found = {**fetch({key: tensor for key, tensor in readings.items() if key not in fine}), **fine}
        return {key: found[key] for key in readings}
    if not readings:
        return {}
    flat = torch.cat([tensor.reshape(-1).to(torch.float32) for tensor in readings.values()]).cpu().numpy()
    arrays, start = {}, 0
    for key, tensor in readings.items():
        piece = flat[start : start + tensor.numel()].reshape(tuple(tensor.shape))
        arrays[key] = piece.astype(np.int8) if tensor.dtype == torch.int8 else piece.copy()
        start += tensor.numel()
    return arrays
