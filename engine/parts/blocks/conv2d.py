from __future__ import annotations

from typing import ClassVar, Literal

from torch import nn

from engine.catalogue.part import hparam
from engine.numerics.padding import compute_padding
from engine.parts.activations import Activation
from engine.parts.activations.relu import ReLU
from engine.parts.blocks import Block, Shape, Weight, Window, expect_image, find_module, get_filters
from engine.parts.initializers import Initializer


class Conv2d(Block):
    r"""Convolution: each filter slides over the image, one map a filter, size (x − k + 2p) / s + 1.

    Formula: y_{f}(i, j) = b_f + \sum_{c} \sum_{u, v} w_{f c}(u, v)\; x_{c}(s\,i + u - p,\; s\,j + v - p), \qquad x' =
    \left\lfloor \frac{x - k + 2p}{s} \right\rfloor + 1

    Use: Images: the same small filter at every place needs (channels · k² + 1) · filters parameters, whatever the size
    of the image.

    Trouble: Without padding each layer loses k − 1 pixels, and small images are soon used up; p = (k − 1) / 2 keeps
    the size.

    Shape: (batch, channels, height, width) → (batch, filters, height′, width′)

    Source: LeCun, Bottou, Bengio and Haffner, Gradient-based learning applied to document recognition, 1998.
    """

    rank: ClassVar[int] = 1
    observed: ClassVar[bool] = True
    begins_on: ClassVar[Literal["", "vector", "image"]] = "image"
    kind: Literal["conv2d"] = "conv2d"
    filters: int = hparam(8, "How many filters, each giving one map.", ge=1, le=1024, unit="maps", log=True)
    kernel: int = hparam(3, "Side of the filter, k.", ge=1, le=31, unit="pixels")
    stride: int = hparam(1, "Pixels from one position to the next, s.", ge=1, le=16, unit="pixels")
    border: Literal["number", "valid", "same", "full"] = hparam(
        "number",
        "Zeros around the input: as padding says; none; so that stride 1 keeps the size; k − 1, every overlap.",
        omit_default=True,
    )
    padding: int = hparam(0, "Zeros added on each side, p; (k − 1) / 2 keeps the size.", ge=0, le=30, unit="pixels")
    activation: Activation = hparam(ReLU(), "Applied to every pixel of every map.")
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
        return Window(self.kernel, self.stride, *compute_padding(self.border, self.kernel, self.padding))

    def build(self, in_shape: Shape, other_shape: Shape | None = None) -> nn.Module:
        before, after = compute_padding(self.border, self.kernel, self.padding)
        channels = expect_image(in_shape, max(1, self.kernel - before - after))[0]
        if before == after:
            conv = nn.Conv2d(channels, self.filters, self.kernel, self.stride, before)
            return nn.Sequential(conv, self.activation.build())
        # as torch's padding="same" pads an even kernel, but with any stride, which that refuses
        conv = nn.Conv2d(channels, self.filters, self.kernel, self.stride)
        return nn.Sequential(nn.ZeroPad2d((before, after, before, after)), conv, self.activation.build())

    @property
    def output_activation(self) -> Activation:
        return self.activation

    def get_weights(self, module: nn.Module) -> tuple[Weight, ...]:
        return (get_filters(find_module(module, nn.Conv2d)),)
