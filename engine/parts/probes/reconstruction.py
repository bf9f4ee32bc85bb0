from __future__ import annotations

from collections.abc import Mapping
from math import isqrt
from typing import ClassVar, Literal

import torch
from torch import Tensor

from engine.frame import Channel
from engine.parts.probes import Moment, Need, Probe, Subject, quantize

MAX_PAIRS = 12
SMALLEST_SQUARE = 16  # numbers that count as an image of 4 × 4: four or nine features of a table are no image


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
        outputs = moment.activations[subject.reconstructions[-1]]
        pairs = torch.cat([make_pictures(moment.inputs[:MAX_PAIRS]), make_pictures(outputs[:MAX_PAIRS])])
        scale = pairs.abs().amax().clamp_min(1e-12)  # one for all: x and x̂ are to be compared
        return {"reconstruction": quantize(pairs / scale), "reconstruction_scale": scale[None]}


def make_pictures(x: Tensor) -> Tensor:
    """Examples as pictures of one channel; vectors become squares where they are long enough, else single rows.

    Shape: (examples, channels, height, width), (examples, time, features) or (examples, features)
    → (examples, height, width)
    """
    if x.ndim == 4:
        return x.mean(1)
    if x.ndim == 3:
        return x.transpose(1, 2)  # time runs to the right
    side = isqrt(x.shape[1])
    return x.reshape(len(x), side, side) if side**2 == x.shape[1] >= SMALLEST_SQUARE else x[:, None]
