from __future__ import annotations

from collections.abc import Mapping
from math import isqrt
from typing import ClassVar, Literal

import torch
from torch import Tensor

from engine.frame import Channel
from engine.parts.probes import Moment, Need, Probe, Subject

PAIRS = 12
SMALLEST_SQUARE = 16


class Reconstruction(Probe):
    """Reconstruction: the first inputs of the probe batch, each over what the network makes of it, x over x̂.

    Of the last reconstruct block. Inputs are as the network gets them, preprocessing done; channels are averaged.
    Vectors whose length is a square of 4 or more are drawn as squares, others as one row; sequences have time to the
    right.

    Use: With an autoencoder, to see what the code keeps of single examples.

    Trouble: A few examples are no measure: look at the error and R² of the end as well.

    Reading: what is missing from the lower picture, the code does not hold.

    Shape: (2 · pairs, height, width) int8: inputs, then reconstructions, in units of the largest absolute value of
    all, `reconstruction_scale` (1,).

    Source: Hinton and Salakhutdinov, Reducing the dimensionality of data with neural networks, 2006, figure 2.
    """

    rank: ClassVar[int] = 12
    needs: ClassVar[frozenset[Need]] = frozenset({"activations", "inputs"})
    kind: Literal["reconstruction"] = "reconstruction"

    def channel(self, subject: Subject) -> Channel | None:
        if not subject.reconstructions:
            return None
        return Channel(self.kind, "Reconstruction", "x, x̂", "", "pairs")

    def measure(self, moment: Moment, subject: Subject) -> Mapping[str, Tensor]:
        if moment.inputs is None:
            return {}
        given = moment.activations[subject.reconstructions[-1]]
        pairs = torch.cat([picture(moment.inputs[:PAIRS]), picture(given[:PAIRS])])
        scale = pairs.abs().amax().clamp_min(1e-12)
        return {
            "reconstruction": (pairs / scale * 127).round().nan_to_num(0.0).to(torch.int8),
            "reconstruction_scale": scale[None],
        }


def picture(x: Tensor) -> Tensor:
    """Examples as pictures of one channel, (examples, height, width)."""
    if x.ndim == 4:
        return x.mean(1)
    if x.ndim == 3:
        return x.transpose(1, 2)
    side = isqrt(x.shape[1])
    return x.reshape(len(x), side, side) if side**2 == x.shape[1] >= SMALLEST_SQUARE else x[:, None]
