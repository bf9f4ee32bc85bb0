"""Blocks: what a network is assembled from, one after the other."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, NamedTuple, TypeVar

from torch import Tensor, nn

from engine.catalogue.part import Part, hparam
from engine.errors import InvalidExperiment
from engine.examples import Task
from engine.message import NOTHING, Message
from engine.numerics.recurrent import GATES
from engine.parts.activations import Activation
from engine.parts.aspects import Aspect
from engine.parts.initializers import Fan, Initializer
from engine.parts.losses import Loss

Shape = tuple[int, ...]
M = TypeVar("M", bound=nn.Module)
TWO_BIASES = Message("torch has two biases a layer and direction, where the formula has one.")


@dataclass(frozen=True)
class Weight:
    """A parameter that multiplies: a matrix or filters, which initializers fill and penalties act on, or a
    normalization's gain γ, which has no `fan` and neither of the two. The weight instruments read it.

    `pieces`: equal pieces along the first axis, each initialized by itself, with its own `fan`. `unit_axis`: which
    axis, 0 or 1, counts the units. `kinds`: a name for each equal part that the instruments show apart: " · input" or
    " · recurrent" of a recurrent layer (W and U), with the number of the layer if several are stacked; " · queries",
    " · keys", " · values" or " · output" of attention. A layer with one kind of weights only has no such names.
    """

    tensor: Tensor
    fan: Fan | None
    pieces: int = 1
    kinds: tuple[str, ...] = ("",)
    unit_axis: int = 0

    def split(self, values: Tensor) -> Sequence[Tensor]:
        """`values`, of the tensor's shape, kind by kind."""
        return values.chunk(len(self.kinds))


class Bias(NamedTuple):
    """A parameter that is added, and the multiple of the experiment's bias at which it starts."""

    tensor: Tensor
    multiple: float = 1.0


class Recurrence(NamedTuple):
    """What goes through a sequence step by step: its layers on top of each other, the size of each one's state, and the
    names of its gates in the order in which `Block.gates` gives them."""

    layers: int
    units: int
    gates: tuple[str, ...] = ()


class Window(NamedTuple):
    """What slides over a sequence or an image: its length, its stride, the padding on both sides. `spreads`: it paints
    each cell over a window, and the padding is cut off. `learns`: it has weights."""

    kernel: int
    stride: int
    before: int = 0
    after: int = 0
    dimensions: int = 2
    spreads: bool = False
    learns: bool = True


class Block(Part, family="blocks", position=4):
    """One piece of a network.

    A block with a `label` can be referred to by later ones. `refers`: it names an earlier block by `of` and takes that
    block's output beside its own input; `reference_optional`: it may omit the reference. `shares`: it is the module of
    the referenced block once more. `is_head`: an auxiliary output; it reads the referenced block, or its input, and the
    next block receives that input unchanged. It is built with the shape of its target as `other`.

    `joins`: it takes the referenced block's output beside its own input; else the reference stands in for the input.
    `unitwise`: each unit of its output comes from one unit of each input, not from all of them.
    `reconstructs`: a head whose target is the network's input. `stops_gradient`: no gradient goes back through it.

    `observed`: its output is shown by the activation instruments. `is_random`: it draws random numbers in training.
    `smallest_batch`: fewer examples in a step cannot be trained on. `pairs_steps`: it compares every step of a sequence
    with every other, and needs memory for all pairs.

    `begins_on`: the layout of the examples for which a network usually begins with it; "" for no layout of its own.
    `flattens`: it lays its input out as a vector. `parameters_note`: what to know of the number of its parameters.
    """

    observed: ClassVar[bool] = False
    is_random: ClassVar[bool] = False
    refers: ClassVar[bool] = False
    shares: ClassVar[bool] = False
    reference_optional: ClassVar[bool] = False
    is_head: ClassVar[bool] = False
    joins: ClassVar[bool] = False
    unitwise: ClassVar[bool] = False
    reconstructs: ClassVar[bool] = False
    stops_gradient: ClassVar[bool] = False
    smallest_batch: ClassVar[int] = 1
    pairs_steps: ClassVar[bool] = False
    begins_on: ClassVar[Literal["", "vector", "image"]] = ""
    flattens: ClassVar[bool] = False
    parameters_note: ClassVar[Message] = NOTHING

    label: str = hparam(
        "",
        "A name of your own, for later blocks to refer to this one.",
        pattern=r"^[a-zA-Z0-9_ -]{0,24}$",
        pattern_help=Message("at most 24 letters without accents, digits, spaces and - _"),
        omit_default=True,
    )

    @property
    def reference(self) -> str:
        """The label of the earlier block that this one refers to, or nothing."""
        return ""

    @property
    def own_initializer(self) -> Initializer | None:
        """Where its weights start, if not as in the whole network."""
        return None

    @property
    def aspect(self) -> Aspect | None:
        """What a head learns of the examples; nothing where that is the input."""
        return None

    @property
    def own_loss(self) -> Loss | None:
        """The loss of a head, if it does not take the usual one of its task."""
        return None

    @property
    def loss_weight(self) -> float:
        """How much the loss of a head counts."""
        return 1.0

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
    def size_label(self) -> str:
        """Its size in a few characters, as 16, 8@3×3 or ÷2; nothing where it has none."""
        return ""

    @property
    def window(self) -> Window | None:
        """What slides over its input, if anything does."""
        return None

    @property
    def recurrence(self) -> Recurrence | None:
        """What goes through a sequence step by step, if anything does."""
        return None

    def gates(self, module: nn.Module, x: Tensor) -> list[tuple[Tensor, ...]]:
        """Every recurrent layer's gates, each (batch, time, units · directions), for inputs `x` (batch, time, …)."""
        return []

    def find_saturated(self, module: nn.Module, x: Tensor, h: Tensor, z: Tensor | None) -> Tensor | None:
        """Which outputs come from a flat end of the activation that made them; None if there is none. `module` takes
        `x` and gives `h`; `z` is what the activation of `applies` was applied to."""
        return self.applies.find_saturated(z, last(module)) if self.applies and z is not None else None

    @property
    def target_task(self) -> Task | None:
        """What kind of target a head learns; None: the same as the output."""
        return None

    def weights(self, module: nn.Module) -> tuple[Weight, ...]:
        """The weights of `module`, in the order in which they are initialized."""
        return ()

    def biases(self, module: nn.Module) -> tuple[Bias, ...]:
        """The biases of `module`: every parameter that torch calls so."""
        return tuple(Bias(parameter) for name, parameter in module.named_parameters() if "bias" in name)

    def reset(self, module: nn.Module) -> None:
        """Gives parameters and running statistics that are neither weights nor biases their first values, in place."""
        if self.applies:
            self.applies.reset(last(module))


def last(module: nn.Module) -> nn.Module:
    """The module that a block's numbers pass at the end: its activation, if it has one."""
    return module[-1] if isinstance(module, nn.Sequential) else module


def inside(module: nn.Module, kind: type[M]) -> M:
    """The only module of a kind among those that a block has built."""
    (found,) = (one for one in module.modules() if isinstance(one, kind))
    return found


def gain(module: nn.Module) -> Weight:
    """γ of a normalization."""
    return Weight(module.get_parameter("weight"), None)


def dense_weight(layer: nn.Linear) -> Weight:
    """The matrix of a dense layer."""
    fan_out, fan_in = layer.weight.shape
    return Weight(layer.weight, Fan(fan_in, fan_out))


def filters(layer: nn.Conv1d | nn.Conv2d) -> Weight:
    """The filters of a convolution."""
    fan_out, fan_in = (size * layer.weight[0, 0].numel() for size in layer.weight.shape[:2])
    return Weight(layer.weight, Fan(fan_in, fan_out // layer.groups))


def recurrent_weights(layer: nn.RNNBase) -> tuple[Weight, ...]:
    """W and U of each stacked layer, every gate initialized by itself; those of both directions have one name."""
    found = []
    for name, weight in layer.named_parameters():
        if name.startswith("weight"):
            number = int(name.split("_l")[1].split("_")[0]) + 1
            which = f" {number}" if layer.num_layers > 1 else ""
            kind = f"{which} · {'input' if name.startswith('weight_ih') else 'recurrent'}"
            fan = Fan(weight.shape[1], weight.shape[0] // GATES[layer.mode])
            found.append(Weight(weight, fan, GATES[layer.mode], (kind,)))
    return tuple(found)


def recurrent_biases(layer: nn.RNNBase) -> tuple[Bias, ...]:
    """torch adds two biases to each gate, of which one is enough: the second starts at 0."""
    return tuple(
        Bias(parameter, 0.0 if "bias_hh" in name else 1.0)
        for name, parameter in layer.named_parameters()
        if name.startswith("bias")
    )


def expect_vector(in_shape: Shape) -> int:
    """The number of features of a vector input; anything else is refused."""
    if len(in_shape) != 1:
        raise InvalidExperiment("", Message("a vector"), shape_text(in_shape), Message("put a flatten block before it"))
    return in_shape[0]


def expect_image(in_shape: Shape, smallest: int = 1) -> Shape:
    """(channels, height, width) of an image input at least `smallest` pixels wide; anything else is refused."""
    if len(in_shape) != 3:
        raise InvalidExperiment("", Message("an image (channels, height, width)"), shape_text(in_shape))
    if min(in_shape[1:]) < smallest:
        raise InvalidExperiment(
            "", Message("an image of at least {n} × {m}", n=smallest, m=smallest), shape_text(in_shape)
        )
    return in_shape


def expect_sequence(in_shape: Shape) -> Shape:
    """(time, features) of a sequence input; anything else is refused."""
    if len(in_shape) != 2:
        raise InvalidExperiment("", Message("a sequence (time, features)"), shape_text(in_shape))
    return in_shape


def shape_text(shape: Shape) -> str:
    """A shape as people write it: 64, or 6 × 8 × 8."""
    return " × ".join(str(size) for size in shape)
