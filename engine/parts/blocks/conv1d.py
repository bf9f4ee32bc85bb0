from __future__ import annotations

from typing import ClassVar, Literal

from torch import Tensor, nn

from engine.catalogue.part import hparam
from engine.errors import InvalidExperiment
from engine.message import Message
from engine.numerics.padding import compute_padding
from engine.parts.activations import Activation
from engine.parts.activations.relu import ReLU
from engine.parts.blocks import Block, Shape, Weight, Window, expect_sequence, find_module, get_filters
from engine.parts.initializers import Initializer


class Conv1d(Block):
    r"""Convolution over time: each filter slides along the sequence, length (x − k + 2p) / s + 1.

    Formula: y_f(t) = b_f + \sum_{c} \sum_{u} w_{fc}(u)\; x_c(s\,t + u - p), \qquad x' = \left\lfloor \frac{x - k +
    2p}{s} \right\rfloor + 1

    Use: Sequences in which short patterns matter wherever they come, such as the waves of a heartbeat.

    Trouble: One layer sees k steps: what lies further apart needs more layers, stride or a recurrent block.

    Shape: (batch, time, features) → (batch, time′, filters)

    Source: Waibel, Hanazawa, Hinton, Shikano and Lang, Phoneme recognition using time-delay networks, 1989.
    """

    rank: ClassVar[int] = 10
    observed: ClassVar[bool] = True
    kind: Literal["conv1d"] = "conv1d"
    filters: int = hparam(8, "How many filters, each giving one feature.", ge=1, le=1024, unit="features", log=True)
    kernel: int = hparam(3, "Length of the filter, k.", ge=1, le=64, unit="steps")
    stride: int = hparam(1, "Steps from one position to the next, s.", ge=1, le=16, unit="steps")
    border: Literal["number", "valid", "same", "full"] = hparam(
        "number",
        "Zeros around the input: as padding says; none; so that stride 1 keeps the size; k − 1, every overlap.",
        omit_default=True,
    )
    padding: int = hparam(0, "Zeros added at each end, p.", ge=0, le=63, unit="steps")
    activation: Activation = hparam(ReLU(), "Applied to every number.")
    initializer: Initializer | None = hparam(
        None, "Where this block's weights start.", none="as in the whole network", omit_default=True
    )

    @property
    def initializer_override(self) -> Initializer | None:
        return self.initializer

    @property
    def size_label(self) -> str:
        return f"{self.filters}@{self.kernel}×{self.kernel}"

    @property
    def window(self) -> Window:
        return Window(self.kernel, self.stride, *compute_padding(self.border, self.kernel, self.padding), dimensions=1)

    def build(self, in_shape: Shape, other_shape: Shape | None = None) -> nn.Module:
        time, features = expect_sequence(in_shape)
        before, after = compute_padding(self.border, self.kernel, self.padding)
        if time + before + after < self.kernel:
            raise InvalidExperiment(
                "", Message("a sequence of at least {n} steps", n=self.kernel - before - after), time
            )
        # torch's padding="same" refuses strides, and its padding of a number is the same on both sides
        conv = nn.Conv1d(features, self.filters, self.kernel, self.stride, before if before == after else 0)
        inner = conv if before == after else nn.Sequential(nn.ConstantPad1d((before, after), 0.0), conv)
        return nn.Sequential(ChannelsFirst(inner), self.activation.build())

    @property
    def output_activation(self) -> Activation:
        return self.activation

    def get_weights(self, module: nn.Module) -> tuple[Weight, ...]:
        return (get_filters(find_module(module, nn.Conv1d)),)


class ChannelsFirst(nn.Module):
    """A module that takes features before time, for sequences that have time before features.

    Shape: (batch, time, features) → (batch, time′, filters)
    """

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.inner(x.transpose(1, 2))  # (batch, filters, time′)
        return out.transpose(1, 2)
