from __future__ import annotations

from math import prod
from typing import ClassVar, Literal

from torch import nn

from engine.catalogue.part import hparam
from engine.errors import InvalidExperiment
from engine.message import Message
from engine.parts.blocks import Bias, Block, Shape, Weight, expect_image, get_gain


class GroupNorm(Block):
    r"""Group normalization: the channels of each example in groups, each group to mean 0 and variance 1, then γ and β.

    The same in training and evaluation, for any batch size.

    Formula: \hat x = \frac{x - \mu_g}{\sqrt{\sigma_g^2 + \varepsilon}}, \qquad y = \gamma\,\hat x + \beta

    Use: Convolutions trained in small batches.

    Trouble: One channel a group loses how strong each map is; one group for all is layer normalization.

    Shape: unchanged; (batch, channels, height, width)

    Source: Wu and He, Group normalization, 2018.
    """

    rank: ClassVar[int] = 15
    observed: ClassVar[bool] = True
    unitwise: ClassVar[bool] = True
    kind: Literal["group_norm"] = "group_norm"
    groups: int = hparam(2, "How many groups; they must divide the channels.", ge=1, le=256)

    def build(self, in_shape: Shape, other_shape: Shape | None = None) -> nn.Module:
        channels = expect_image(in_shape)[0]
        if channels % self.groups:
            raise InvalidExperiment("", Message("channels that {n} groups divide", n=self.groups), channels)
        if prod(in_shape) == self.groups:  # a lone number is its own mean: the output would be β whatever the input
            raise InvalidExperiment("", Message("groups of two numbers or more"), Message("one number a group"))
        return nn.GroupNorm(self.groups, channels)

    def get_weights(self, module: nn.Module) -> tuple[Weight, ...]:
        return (get_gain(module),)

    def get_biases(self, module: nn.Module) -> tuple[Bias, ...]:
        return ()  # β starts at 0 whatever the experiment's bias

    def reset(self, module: nn.Module) -> None:
        assert isinstance(module, nn.GroupNorm)
        module.reset_parameters()
