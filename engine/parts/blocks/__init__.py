"""Blocks: what a network is assembled from, one after the other."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from torch import nn

from engine.catalogue.part import Part, hparam
from engine.errors import InvalidExperiment
from engine.examples import Task
from engine.parts.activations import Activation

Shape = tuple[int, ...]


class Block(Part, family="blocks"):
    """One piece of a network.

    A block with a `label` can be referred to by later ones. `refers`: it names an earlier block by `of` and takes that
    block's output beside its own input; `reference_optional`: it may omit the reference. `shares`: it is the module of
    the referenced block once more. `is_head`: an auxiliary output; it reads the referenced block, or its input, and the
    next block receives that input unchanged. It is built with the shape of its target as `other`.

    `joins`: it takes the referenced block's output beside its own input; else the reference stands in for the input.
    `unitwise`: each unit of its output comes from one unit of each input, not from all of them.

    `observed`: its output is shown by the activation instruments. `is_random`: it draws random numbers in training.
    `smallest_batch`: fewer examples in a step cannot be trained on.
    """

    rank: ClassVar[int] = 100
    observed: ClassVar[bool] = False
    is_random: ClassVar[bool] = False
    refers: ClassVar[bool] = False
    shares: ClassVar[bool] = False
    reference_optional: ClassVar[bool] = False
    is_head: ClassVar[bool] = False
    joins: ClassVar[bool] = False
    unitwise: ClassVar[bool] = False
    smallest_batch: ClassVar[int] = 1

    label: str = hparam(
        "",
        "A name of your own, for later blocks to refer to this one.",
        pattern=r"^[a-zA-Z0-9_ -]{0,24}$",
        pattern_help="at most 24 letters without accents, digits, spaces and - _",
        omit_default=True,
    )

    @property
    def reference(self) -> str:
        """The label of the earlier block that this one refers to, or nothing."""
        return str(getattr(self, "of", ""))

    @abstractmethod
    def build(self, in_shape: Shape, other: Shape | None = None) -> nn.Module:
        """The module for inputs of `in_shape` (without the batch), and of `other` if the block refers to another.

        Raises: InvalidExperiment if such inputs do not fit.
        """

    def update_live_fields(self, module: nn.Module) -> None:
        """Writes the fields that may change live into `module`, built by an earlier version of this block."""

    @property
    def applies(self) -> Activation | None:
        """The activation that the block's last module applies to every number, if there is one."""
        return None

    @property
    def two_sided(self) -> bool:
        """Whether the activation that makes its outputs is flat at both ends."""
        return self.applies is not None and self.applies.two_sided

    @property
    def target_task(self) -> Task | None:
        """What kind of target a head learns; None: the same as the output."""
        return None


def expect_vector(in_shape: Shape) -> int:
    """The number of features of a vector input; anything else is refused."""
    if len(in_shape) != 1:
        raise InvalidExperiment("", "a vector", shape_text(in_shape), "put a flatten block before it")
    return in_shape[0]


def expect_image(in_shape: Shape, smallest: int = 1) -> Shape:
    """(channels, height, width) of an image input at least `smallest` pixels wide; anything else is refused."""
    if len(in_shape) != 3:
        raise InvalidExperiment("", "an image (channels, height, width)", shape_text(in_shape))
    if min(in_shape[1:]) < smallest:
        raise InvalidExperiment("", f"an image of at least {smallest} × {smallest}", shape_text(in_shape))
    return in_shape


def expect_sequence(in_shape: Shape) -> Shape:
    """(time, features) of a sequence input; anything else is refused."""
    if len(in_shape) != 2:
        raise InvalidExperiment("", "a sequence (time, features)", shape_text(in_shape))
    return in_shape


def shape_text(shape: Shape) -> str:
    """A shape as people write it: 64, or 6 × 8 × 8."""
    return " × ".join(str(size) for size in shape)
