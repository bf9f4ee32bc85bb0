from __future__ import annotations

from math import prod
from typing import ClassVar, Literal

from torch import nn

from engine.catalogue.part import hparam
from engine.errors import InvalidExperiment
from engine.examples import Task
from engine.message import Message
from engine.parts.blocks import Block, Shape, Weight, find_module, format_shape, get_dense_weight


class Reconstruct(Block):
    r"""Reconstruct: x̂, to be the input x again; the error ‖x − x̂‖² / n counts beside the main loss.

    What comes before is encoder, code and decoder. x is the input as the network gets it, before any noise layer, so a
    noise layer makes it a denoising autoencoder. The network goes on from what came before this block: from the code
    with a branch, or from x̂ itself where there is no layer of its own.

    Formula: L = \frac{1}{n} \lVert x - \hat{x} \rVert^2, \qquad \hat{x} = g(f(x))

    Use: Autoencoders: to learn a short code without labels, to remove noise, or to help a classifier that has few
    labels.

    Trouble: A code as wide as the input may simply copy it: make it narrower, or add a noise layer.

    Shape: → that of the input

    Source: Hinton and Salakhutdinov, Reducing the dimensionality of data with neural networks, 2006.
    """

    rank: ClassVar[int] = 35
    refers: ClassVar[bool] = True
    reference_optional: ClassVar[bool] = True
    is_head: ClassVar[bool] = True
    reconstructs: ClassVar[bool] = True
    observed: ClassVar[bool] = True
    kind: Literal["reconstruct"] = "reconstruct"
    of: str = hparam("", "Label of the block that it reads; without one, the block before it.")
    weight: float = hparam(1.0, "How much its error counts.", ge=0, le=100, log=True, live=True)
    layer: bool = hparam(True, "A dense layer of its own brings it to the size of the input.")

    @property
    def reference(self) -> str:
        return self.of

    @property
    def loss_weight(self) -> float:
        return self.weight

    def build(self, in_shape: Shape, other_shape: Shape | None = None) -> nn.Module:
        """`other_shape`: that of the network's input."""
        target_shape = other_shape or in_shape
        if not self.layer and prod(in_shape) != prod(target_shape):
            raise InvalidExperiment(
                "", Message("as many numbers as the input has, {n}", n=prod(target_shape)), format_shape(in_shape)
            )
        inner = [nn.Linear(prod(in_shape), prod(target_shape))] if self.layer else []
        return nn.Sequential(nn.Flatten(), *inner, nn.Unflatten(1, target_shape))

    @property
    def target_task(self) -> Task:
        return "regression"

    def get_weights(self, module: nn.Module) -> tuple[Weight, ...]:
        return (get_dense_weight(find_module(module, nn.Linear)),) if self.layer else ()
