from __future__ import annotations

from typing import ClassVar, Literal

from torch import nn

from engine.parts.blocks import Bias, Block, Shape, Weight, get_gain


class LayerNorm(Block):
    r"""Layer normalization: γ (x − mean) / √(variance + ε) + β over the features of each example alone.

    The same in training and evaluation, for any batch size; of a sequence, each time step for itself.

    Formula: \hat x = \frac{x - \mu_x}{\sqrt{\sigma_x^2 + \varepsilon}}, \qquad y = \gamma\,\hat x + \beta

    Use: Sequences, attention, and batches of any size.

    Trouble: On a vector of two or three features it throws most of them away.

    Shape: unchanged.

    Source: Ba, Kiros and Hinton, Layer normalization, 2016.
    """

    rank: ClassVar[int] = 14
    observed: ClassVar[bool] = True
    unitwise: ClassVar[bool] = True
    kind: Literal["layer_norm"] = "layer_norm"

    def build(self, in_shape: Shape, other_shape: Shape | None = None) -> nn.Module:
        # a sequence, (time, features), step by step; a vector or an image whole
        return nn.LayerNorm(in_shape[-1:] if len(in_shape) == 2 else in_shape)

    def get_weights(self, module: nn.Module) -> tuple[Weight, ...]:
        return (get_gain(module),)

    def get_biases(self, module: nn.Module) -> tuple[Bias, ...]:
        return ()  # β starts at 0 whatever the experiment's bias

    def reset(self, module: nn.Module) -> None:
        assert isinstance(module, nn.LayerNorm)
        module.reset_parameters()
