from __future__ import annotations

from typing import ClassVar, Literal

from torch import Tensor, nn

from engine.catalogue.part import hparam
from engine.parts.blocks import Block, Shape


class Branch(Block):
    """Branch: goes on from the output of an earlier block; what came in between is left to other references.

    With a later add or concatenate it makes two ways that part and meet again.

    Use: To let two ways part, such as convolutions of two sizes side by side.

    Trouble: Without a later add or concatenate that refers to it, what was built between is never used.

    Shape: that of the earlier block.

    Source: Szegedy et al., Going deeper with convolutions, 2015.
    """

    rank: ClassVar[int] = 32
    refers: ClassVar[bool] = True
    kind: Literal["branch"] = "branch"
    of: str = hparam("", "Label of the earlier block to go on from.")

    @property
    def reference(self) -> str:
        return self.of

    def build(self, in_shape: Shape, other_shape: Shape | None = None) -> nn.Module:
        return SecondInput()


class SecondInput(nn.Module):
    """The second of two inputs."""

    def forward(self, x: Tensor, other: Tensor) -> Tensor:
        return other
