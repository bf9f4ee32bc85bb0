from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

import torch
from torch import Tensor

from engine.frame import Channel
from engine.parts.probes import Moment, Need, Probe, Subject, measure_share


class Saturated(Probe):
    r"""Saturated outputs: share of a layer's outputs where the activation's slope is under 5 % of its maximum.

    Up or down: GELU and SiLU also fall. ReLU's zeros are among them, and what lies far below zero for its kin. Of a
    recurrent layer the activation is the one that made its outputs: f of a plain one, tanh of the cell of an LSTM, tanh
    of the new value of a GRU, the last two on at most 64 examples. Not a number for layers without an activation.

    Formula: \frac{\#\{h : |f'(z)| < 0.05\,\max f'\}}{\#\{h\}}

    Use: With sigmoid, tanh and other activations with flat ends.

    Trouble: In the last layers of a trained classifier much saturation is a sign of certainty, no fault.

    Reading: with sigmoid or tanh over half, and little gradient passes the layer. ReLU, GELU and their kin have about
    half from the start, and often more: there the dead units tell more.

    Shape: (layers,)

    Source: Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010.
    """

    rank: ClassVar[int] = 4
    needs: ClassVar[frozenset[Need]] = frozenset({"activations", "saturation"})
    kind: Literal["saturated"] = "saturated"

    def channel(self, subject: Subject) -> Channel:
        formula = "outputs with |f′| < 0.05 max f′ / outputs"
        return Channel(self.kind, "Saturated outputs", formula, "share", series=subject.observed, healthy=(0.0, 0.5))

    def measure(self, moment: Moment, subject: Subject) -> Mapping[str, Tensor]:
        device = moment.activations[0].device
        none = torch.full((), float("nan"), device=device)
        shares = [none if flat is None else measure_share(flat) for flat in moment.saturated]
        return {self.kind: torch.stack(shares)}
