from __future__ import annotations

from typing import ClassVar, Literal

from torch import nn

from engine.catalogue.part import hparam
from engine.errors import InvalidExperiment
from engine.message import Message
from engine.parts.activations import Activation
from engine.parts.activations.relu import ReLU
from engine.parts.blocks import Block, Shape, Weight, Window, expect_image, find_module
from engine.parts.initializers import Fan, Initializer


class TransposedConv2d(Block):
    r"""Transposed convolution: every pixel paints a filter into a larger image, size (x − 1)s − 2p + k.

    The way back up from a code to an image, as in the decoder of an autoencoder.

    Formula: x' = (x - 1)\,s - 2p + k

    Use: Decoders: from a small code back to an image.

    Trouble: Where painted filters overlap unevenly a checkerboard appears: let the stride divide the kernel.

    Shape: (batch, channels, height, width) → (batch, filters, height′, width′)

    Source: Dumoulin and Visin, A guide to convolution arithmetic for deep learning, 2016.
    """

    rank: ClassVar[int] = 11
    observed: ClassVar[bool] = True
    kind: Literal["transposed_conv2d"] = "transposed_conv2d"
    filters: int = hparam(8, "How many filters, each giving one map.", ge=1, le=1024, unit="maps", log=True)
    kernel: int = hparam(2, "Side of the filter, k.", ge=1, le=31, unit="pixels")
    stride: int = hparam(2, "Pixels between two painted filters, s.", ge=1, le=16, unit="pixels")
    padding: int = hparam(0, "Pixels cut off on each side, p.", ge=0, le=30, unit="pixels")
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
        return Window(self.kernel, self.stride, self.padding, self.padding, is_transposed=True)

    def build(self, in_shape: Shape, other_shape: Shape | None = None) -> nn.Module:
        channels, *sides = expect_image(in_shape)
        if min((side - 1) * self.stride - 2 * self.padding + self.kernel for side in sides) < 1:
            raise InvalidExperiment(
                "", Message("an image that is not cut away whole"), Message("padding {n}", n=self.padding)
            )
        conv = nn.ConvTranspose2d(channels, self.filters, self.kernel, self.stride, self.padding)
        return nn.Sequential(conv, self.activation.build())

    @property
    def output_activation(self) -> Activation:
        return self.activation

    def get_weights(self, module: nn.Module) -> tuple[Weight, ...]:
        weight = find_module(module, nn.ConvTranspose2d).weight  # (channels, filters, kernel, kernel)
        fan_in, fan_out = (size * self.kernel**2 for size in weight.shape[:2])
        # a pixel of the output gets k² / s² taps of each channel on average
        return (Weight(weight, Fan(fan_in / self.stride**2, fan_out), unit_axis=1),)
