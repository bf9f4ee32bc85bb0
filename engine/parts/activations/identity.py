from __future__ import annotations

from typing import ClassVar, Literal

from torch import nn

from engine.parts.activations import Activation


class Identity(Activation):
    r"""Identity: f(x) = x.

    Stacked layers without another activation between them are together one linear layer.

    Formula: f(x) = x, \qquad f'(x) = 1

    Use: Before batch normalization, in the code of an autoencoder, or to see what a purely linear network can do.

    Trouble: In every hidden layer it makes the whole network one linear map, however deep.

    Source: Goodfellow, Bengio and Courville, Deep Learning, 2016, section 6.3.
    """

    rank: ClassVar[int] = 9
    kind: Literal["identity"] = "identity"

    def build(self) -> nn.Module:
        return nn.Identity()
