from __future__ import annotations

from typing import ClassVar, Literal

from torch import nn

from engine.activations import Activation


class Identity(Activation):
    """Identity: f(x) = x.

    Stacked layers without another activation between them are together one linear layer.

    Source: Goodfellow, Bengio and Courville, Deep Learning, 2016, section 6.3.
    """

    rank: ClassVar[int] = 9
    kind: Literal["identity"] = "identity"

    def build(self) -> nn.Module:
        return nn.Identity()
