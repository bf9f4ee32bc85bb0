from __future__ import annotations

from typing import ClassVar, Literal

from torch import Tensor, nn

from engine.parts.activations import Activation


class ReLU(Activation):
    r"""ReLU: f(x) = max(0, x).

    Does not saturate for positive inputs; a unit that is negative for every example is dead and stays so.

    Formula: f(x) = \max(0, x), \qquad f'(x) = \begin{cases} 1 & x > 0 \\ 0 & x < 0 \end{cases}

    Use: The first choice for hidden layers of dense and convolutional networks, together with He's initializer.

    Trouble: After one step that was too large a unit may answer 0 to everything and never come back; lower the
    learning rate, start biases a little above zero, or take Leaky ReLU.

    Source: Nair and Hinton, Rectified linear units improve restricted Boltzmann machines, 2010.
    """

    rank: ClassVar[int] = 0
    kind: Literal["relu"] = "relu"

    def build(self) -> nn.Module:
        return nn.ReLU()

    def compute_relative_slope(self, x: Tensor, module: nn.Module) -> Tensor:
        return (x > 0).to(x.dtype)

    def find_saturated(self, x: Tensor, module: nn.Module) -> Tensor:
        return x <= 0  # not by the slope: this runs in every frame
