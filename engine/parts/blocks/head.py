from __future__ import annotations

from typing import ClassVar, Literal

from torch import nn

from engine.catalogue.part import hparam
from engine.examples import Task
from engine.parts.aspects import Aspect
from engine.parts.aspects.same import Same
from engine.parts.blocks import Block, Shape, Weight, expect_vector, find_module, get_dense_weight
from engine.parts.losses import Loss


class Head(Block):
    r"""Head: an output of its own, ŷ = Wh + b, whose loss counts beside the main one: J = Σ wₑ Lₑ.

    It learns another aspect of the same examples; all heads share what comes before them. The network goes on from
    what came before the head.

    Formula: J = \sum_e w_e L_e, \qquad \hat{y}_e = W_e h + b_e

    Use: To learn several things of the same examples with one trunk: each end is a hint to the others about what
    matters.

    Trouble: Ends whose losses differ in size pull unequally: balance them with the weights. Tasks that have little in
    common harm each other in a narrow trunk.

    Shape: (batch, features) → (batch, classes or numbers of its target)

    Source: Caruana, Multitask learning, 1997.
    """

    rank: ClassVar[int] = 34
    refers: ClassVar[bool] = True
    reference_optional: ClassVar[bool] = True
    is_head: ClassVar[bool] = True
    observed: ClassVar[bool] = True
    kind: Literal["head"] = "head"
    of: str = hparam("", "Label of the block that it reads; without one, the block before it.")
    target: Aspect = hparam(Same(), "What it learns.")
    loss: Loss | None = hparam(None, "Its loss.", none="cross-entropy of classes, squared error of numbers")
    weight: float = hparam(1.0, "How much its loss counts.", ge=0, le=100, log=True, live=True)

    @property
    def reference(self) -> str:
        return self.of

    @property
    def aspect(self) -> Aspect:
        return self.target

    @property
    def loss_override(self) -> Loss | None:
        return self.loss

    @property
    def loss_weight(self) -> float:
        return self.weight

    def build(self, in_shape: Shape, other_shape: Shape | None = None) -> nn.Module:
        """`other_shape`: that of the target; one number if it is not known."""
        # no activation: logits, or real numbers, as of the output layer
        return nn.Linear(expect_vector(in_shape), (other_shape or (1,))[0])

    @property
    def target_task(self) -> Task | None:
        return self.target.task

    def get_weights(self, module: nn.Module) -> tuple[Weight, ...]:
        return (get_dense_weight(find_module(module, nn.Linear)),)
