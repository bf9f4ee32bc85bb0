from __future__ import annotations

from typing import ClassVar, Literal

from torch import nn

from engine.catalogue.part import hparam
from engine.errors import InvalidExperiment
from engine.message import Message
from engine.parts.blocks import Bias, Block, Shape, Weight, format_shape, get_gain


class BatchNorm(Block):
    r"""Batch normalization: γ (x − mean) / √(variance + ε) + β, mean and variance of the batch for each feature.

    In evaluation the running mean and variance take the batch's place. Put it after a dense or convolution block
    with identity activation and before the activation. The last batch of an epoch may be a single example, which
    has no variance; the trainer joins it to the batch before.

    Formula: \hat x = \frac{x - \mu_B}{\sqrt{\sigma_B^2 + \varepsilon}}, \qquad y = \gamma\,\hat x + \beta

    Use: Deep dense and convolutional networks: larger rates, and first weights matter less.

    Trouble: Small batches make its statistics noisy, and evaluation, with the running ones, then differs from
    training: take layer or group normalization.

    Shape: unchanged; statistics for each feature, or each channel of an image.

    Source: Ioffe and Szegedy, Batch normalization, 2015, algorithm 1.
    """

    rank: ClassVar[int] = 5
    observed: ClassVar[bool] = True
    unitwise: ClassVar[bool] = True
    smallest_batch: ClassVar[int] = 2
    begins_on: ClassVar[Literal["", "vector", "image"]] = "vector"
    kind: Literal["batch_norm"] = "batch_norm"
    momentum: float = hparam(0.1, "Weight of the newest batch in the running statistics.", gt=0, le=1)

    def build(self, in_shape: Shape, other_shape: Shape | None = None) -> nn.Module:
        # momentum as in torch; Keras calls 1 − this so
        if len(in_shape) == 3:
            return nn.BatchNorm2d(in_shape[0], momentum=self.momentum)
        if len(in_shape) == 1:
            return nn.BatchNorm1d(in_shape[0], momentum=self.momentum)
        raise InvalidExperiment("", Message("a vector or an image"), format_shape(in_shape))

    def get_weights(self, module: nn.Module) -> tuple[Weight, ...]:
        return (get_gain(module),)

    def get_biases(self, module: nn.Module) -> tuple[Bias, ...]:
        return ()  # β starts at 0 whatever the experiment's bias

    def reset(self, module: nn.Module) -> None:
        assert isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d)
        module.reset_parameters()  # γ = 1, β = 0, and the running statistics
